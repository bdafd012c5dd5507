import type { DatabaseSync } from 'node:sqlite'
import type { ExpiryRow, ExpiryStore } from '../contract/expiries.ts'

export function createExpiryTable(db: DatabaseSync): ExpiryStore {
  const upsert = db.prepare(
    'INSERT INTO expiries (container_id, expires_at) VALUES (?, ?) ON CONFLICT (container_id) DO UPDATE SET expires_at = excluded.expires_at'
  )
  const insert = db.prepare(
    'INSERT INTO expiries (container_id, expires_at) VALUES (?, ?) ON CONFLICT (container_id) DO NOTHING'
  )
  const remove = db.prepare('DELETE FROM expiries WHERE container_id = ?')
  const select = db.prepare('SELECT container_id AS containerId, expires_at AS expiresAt FROM expiries')

  const one = db.prepare('SELECT expires_at AS expiresAt FROM expiries WHERE container_id = ?')

  return {
    get: async (containerId) => (one.get(containerId) as Pick<ExpiryRow, 'expiresAt'> | undefined)?.expiresAt,
    all: async () => select.all() as ExpiryRow[],
    set: async (containerId, expiresAt) => void upsert.run(containerId, expiresAt),
    add: async (containerId, expiresAt) => void insert.run(containerId, expiresAt),
    remove: async (containerId) => void remove.run(containerId),
    removeAbsent: async (containerId) => void remove.run(containerId)
  }
}
