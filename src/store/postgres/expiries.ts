import type { ExpiryRow, ExpiryStore } from '../contract/expiries.ts'
import type { Database } from './database.ts'

const COLUMNS = 'container_id AS "containerId", expires_at AS "expiresAt"'
// By then, any server with a temporary outage has removed the container.
const KEPT = "interval '7 days'"

export function createExpiryTable({ sql }: Pick<Database, 'sql'>): ExpiryStore {
  return {
    all: async () => (await sql<ExpiryRow>(`SELECT ${COLUMNS} FROM expiries`)).rows,
    async get(containerId) {
      const { first } = await sql<ExpiryRow>(`SELECT ${COLUMNS} FROM expiries WHERE container_id = $1`, [containerId])
      return first?.expiresAt
    },
    async set(containerId, expiresAt) {
      await sql(
        'INSERT INTO expiries (container_id, expires_at) VALUES ($1, $2) ON CONFLICT (container_id) DO UPDATE SET expires_at = excluded.expires_at',
        [containerId, expiresAt]
      )
    },
    async add(containerId, expiresAt) {
      await sql(
        'INSERT INTO expiries (container_id, expires_at) VALUES ($1, $2) ON CONFLICT (container_id) DO NOTHING',
        [containerId, expiresAt]
      )
    },
    async remove(containerId) {
      await sql('DELETE FROM expiries WHERE container_id = $1', [containerId])
    },
    async removeAbsent(containerId) {
      await sql(
        `DELETE FROM expiries WHERE container_id = $1 AND to_timestamp(expires_at / 1000.0) < now() - ${KEPT}`,
        [containerId]
      )
    }
  }
}
