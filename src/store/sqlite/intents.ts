import type { DatabaseSync } from 'node:sqlite'
import type { Intent, IntentStore } from '../contract/intents.ts'

export function createIntentTable(db: DatabaseSync): IntentStore {
  const insert = db.prepare('INSERT INTO intents (attempt, created_at) VALUES (?, ?)')
  const remove = db.prepare('DELETE FROM intents WHERE attempt = ?')
  const select = db.prepare('SELECT attempt, created_at AS createdAt FROM intents')

  return {
    add: async (attempt, now) => void insert.run(attempt, now),
    remove: async (attempt) => void remove.run(attempt),
    all: async () => select.all() as Intent[]
  }
}
