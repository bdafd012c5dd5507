import type { DatabaseSync } from 'node:sqlite'

/** When containers are to be removed. `undefined` is "nothing was said", `null` is "never". */
export function createExpiryTable(db: DatabaseSync) {
  const upsert = db.prepare(
    'INSERT INTO expiries (container_id, expires_at) VALUES (?, ?) ON CONFLICT (container_id) DO UPDATE SET expires_at = excluded.expires_at'
  )
  const remove = db.prepare('DELETE FROM expiries WHERE container_id = ?')
  const select = db.prepare('SELECT container_id AS containerId, expires_at AS expiresAt FROM expiries')

  // Read on every answer, written seldom.
  const known = new Map(
    (select.all() as { containerId: string; expiresAt: number | null }[]).map((row) => [row.containerId, row.expiresAt])
  )

  return {
    get: (containerId: string): number | null | undefined => known.get(containerId),
    set(containerId: string, expiresAt: number | null): void {
      upsert.run(containerId, expiresAt)
      known.set(containerId, expiresAt)
    },
    remove(containerId: string): void {
      if (!known.has(containerId)) return
      remove.run(containerId)
      known.delete(containerId)
    },
    ids: (): string[] => [...known.keys()]
  }
}
