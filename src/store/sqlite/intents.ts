import type { DatabaseSync } from 'node:sqlite'
import type { Intent, IntentStore } from '../contract/intents.ts'

type Row = Omit<Intent, 'isFinal'> & { isFinal: number }

export function createIntentTable(db: DatabaseSync): IntentStore {
  const insert = db.prepare('INSERT INTO intents (attempt, created_at) VALUES (?, ?)')
  const finalize = db.prepare('UPDATE intents SET is_final = 1 WHERE attempt = ?')
  const remove = db.prepare('DELETE FROM intents WHERE attempt = ?')
  const select = db.prepare('SELECT attempt, created_at AS createdAt, is_final AS isFinal FROM intents')

  return {
    add: async (attempt, now) => void insert.run(attempt, now),
    finalize: async (attempt) => void finalize.run(attempt),
    remove: async (attempt) => void remove.run(attempt),
    all: async () => (select.all() as Row[]).map((row) => ({ ...row, isFinal: row.isFinal === 1 })),
    takeOver: async () => []
  }
}
