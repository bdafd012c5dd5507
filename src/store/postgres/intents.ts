import type { Intent, IntentStore } from '../contract/intents.ts'
import type { Database } from './database.ts'
import { isDead } from './living.ts'

const COLUMNS = 'attempt, created_at AS "createdAt", is_final AS "isFinal"'
// If no living server's engine has the container, only the intent's own server can know it.
const UNSEEN = "interval '1 day'"

/** `server` owns the intents that it adds. */
export function createIntentTable({ sql }: Pick<Database, 'sql'>, server: string): IntentStore {
  return {
    async add(attempt, now) {
      await sql('INSERT INTO intents (attempt, created_at, server) VALUES ($1, $2, $3)', [attempt, now, server])
    },
    async finalize(attempt) {
      await sql('UPDATE intents SET is_final = TRUE WHERE attempt = $1', [attempt])
    },
    async remove(attempt) {
      await sql('DELETE FROM intents WHERE attempt = $1', [attempt])
    },
    all: async () =>
      (await sql<Intent>(`SELECT ${COLUMNS} FROM intents WHERE server = $1 ORDER BY created_at`, [server])).rows,
    async takeOver(seen) {
      const { rows } = await sql<Intent>(
        `UPDATE intents SET server = $1 WHERE server <> $1 AND ${isDead('server')}
           AND (attempt = ANY($2) OR to_timestamp(created_at / 1000.0) < now() - ${UNSEEN})
         RETURNING ${COLUMNS}`,
        [server, seen]
      )
      return rows
    }
  }
}
