import type { DatabaseSync } from 'node:sqlite'

/** Creates that were begun and not yet answered. */
export function createIntentTable(db: DatabaseSync) {
  const insert = db.prepare('INSERT INTO intents (attempt, created_at) VALUES (?, ?)')
  const remove = db.prepare('DELETE FROM intents WHERE attempt = ?')
  const select = db.prepare('SELECT attempt, created_at AS createdAt FROM intents')

  return {
    add: (attempt: string, now: number): void => void insert.run(attempt, now),
    remove: (attempt: string): void => void remove.run(attempt),
    all: () => select.all() as { attempt: string; createdAt: number }[]
  }
}
