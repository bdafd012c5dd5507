import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Seal } from '../../lib/seal.ts'
import type { BuildStore, StoredBuild } from '../contract/builds.ts'

type Row = StoredBuild & { sequence: number; secrets: Uint8Array }

export function createBuildStore(db: DatabaseSync, seal: Seal): BuildStore {
  const insert = db.prepare(
    'INSERT INTO builds (id, created_at, finished_at, status, image_name, record, secrets) VALUES (?, ?, ?, ?, ?, ?, ?)'
  )
  const byId = db.prepare('SELECT record, secrets FROM builds WHERE id = ?')
  const claimNext = db.prepare(
    `UPDATE builds SET claim_token = ?, claim_until = ? WHERE sequence = (
       SELECT sequence FROM builds
       WHERE status IN ('pending', 'in_progress') AND (claim_token IS NULL OR claim_until < ?)
       ORDER BY sequence LIMIT 1
     ) RETURNING record`
  )
  const renewClaim = db.prepare('UPDATE builds SET claim_until = ? WHERE id = ? AND claim_token = ?')
  const dropClaim = db.prepare(
    'UPDATE builds SET claim_token = NULL, claim_until = NULL WHERE id = ? AND claim_token = ?'
  )
  const dropAllClaims = db.prepare('UPDATE builds SET claim_token = NULL, claim_until = NULL')
  const write = db.prepare(
    'UPDATE builds SET finished_at = ?, status = ?, record = ? WHERE id = ? AND claim_token IS ?'
  )
  const drop = db.prepare('DELETE FROM builds WHERE id = ? AND claim_token IS NULL')
  const countByStatus = db.prepare('SELECT status, COUNT(*) AS count FROM builds GROUP BY status')
  const finishedBefore = db.prepare('SELECT id FROM builds WHERE finished_at < ?')
  // The last of whoever has the most, so that nobody pushes out the builds of others.
  const finishedBeyond = db.prepare(
    `SELECT id FROM (
       SELECT id, ROW_NUMBER() OVER (PARTITION BY record ->> 'owner' ORDER BY finished_at DESC, sequence DESC) AS age
       FROM builds WHERE finished_at IS NOT NULL AND claim_token IS NULL
     ) ORDER BY age DESC LIMIT max(0, (SELECT COUNT(*) FROM builds WHERE finished_at IS NOT NULL) - ?)`
  )
  const allIds = db.prepare('SELECT id FROM builds')
  const countAhead = db.prepare(
    `SELECT COUNT(*) AS count FROM builds
     WHERE status = 'pending' AND claim_token IS NULL AND sequence < (SELECT sequence FROM builds WHERE id = ?)`
  )
  const waiting = db.prepare("SELECT id FROM builds WHERE status = 'pending' AND claim_token IS NULL ORDER BY sequence")
  const sequenceOf = db.prepare('SELECT sequence FROM builds WHERE id = ?')

  const idsOf = (rows: unknown[]) => (rows as { id: string }[]).map(({ id }) => id)
  const json = (row: unknown): string => (row as Row).record

  return {
    add({ id, createdAt, finishedAt, status, imageName }, record, secrets) {
      insert.run(id, createdAt, finishedAt, status, imageName, record, seal.seal(secrets))
    },

    get(id: string): string | undefined {
      const row = byId.get(id)
      return row && json(row)
    },

    secrets(id: string): unknown {
      const row = byId.get(id) as Row | undefined
      return row && seal.open(row.secrets)
    },

    list({ status, image, origin }, limit, before) {
      const conditions: [sql: string, value: SQLInputValue | undefined][] = [
        ['status = ?', status],
        ['image_name = ?', image],
        ["record ->> 'origin' = ?", origin],
        ['sequence < ?', before]
      ]
      const given = conditions.filter(([, value]) => value !== undefined)
      const where = given.length > 0 ? `WHERE ${given.map(([sql]) => sql).join(' AND ')}` : ''
      const values = given.map(([, value]) => value as SQLInputValue)
      const select = db.prepare(`SELECT id, record FROM builds ${where} ORDER BY sequence DESC LIMIT ?`)
      return select.all(...values, limit) as StoredBuild[]
    },

    sequence(id: string): number | undefined {
      return (sequenceOf.get(id) as Row | undefined)?.sequence
    },

    countBefore: (id: string): number => (countAhead.get(id) as { count: number }).count,

    queue: (): string[] => idsOf(waiting.all()),

    counts(): Record<string, number> {
      const rows = countByStatus.all() as { status: string; count: number }[]
      return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
    },

    claim(token: string, until: number, now: number): string | undefined {
      const row = claimNext.get(token, until, now)
      return row && json(row)
    },
    renew: (id: string, token: string, until: number): boolean => renewClaim.run(until, id, token).changes === 1,
    release: (id: string, token: string): void => void dropClaim.run(id, token),
    releaseAll: (): void => void dropAllClaims.run(),

    save({ id, finishedAt, status }, record, token) {
      return write.run(finishedAt, status, record, id, token).changes === 1
    },

    remove: (id: string): boolean => drop.run(id).changes === 1,
    finishedBefore: (time: number): string[] => idsOf(finishedBefore.all(time)),
    finishedBeyond: (most: number): string[] => idsOf(finishedBeyond.all(most)),
    ids: (): string[] => idsOf(allIds.all())
  }
}
