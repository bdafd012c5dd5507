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
  const write = db.prepare('UPDATE builds SET finished_at = ?, status = ?, record = ? WHERE id = ? AND claim_token = ?')
  const writeUnclaimed = db.prepare(
    'UPDATE builds SET finished_at = ?, status = ?, record = ? WHERE id = ? AND claim_token IS NULL AND status = ?'
  )
  const drop = db.prepare('DELETE FROM builds WHERE id = ? AND claim_token IS NULL')
  const countByStatus = db.prepare('SELECT status, COUNT(*) AS count FROM builds GROUP BY status')
  const finishedBefore = db.prepare('SELECT id FROM builds WHERE finished_at < ?')
  // The oldest of the owner with the most, so that nobody displaces the builds of others.
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
    async add({ id, createdAt, finishedAt, status, imageName }, record, secrets) {
      insert.run(id, createdAt, finishedAt, status, imageName, record, seal.seal(secrets))
    },

    async get(id) {
      const row = byId.get(id)
      return row && json(row)
    },

    async secrets(id) {
      const row = byId.get(id) as Row | undefined
      return row && seal.open(row.secrets)
    },

    async list({ status, image, origin, seenBy }, limit, before) {
      const conditions: [sql: string, ...values: (SQLInputValue | undefined)[]][] = [
        ['status = ?', status],
        ['image_name = ?', image],
        ["record ->> 'origin' = ?", origin],
        ["(record ->> 'owner' = ? OR record ->> 'team' = ?)", seenBy?.owner, seenBy?.team],
        ['sequence < ?', before]
      ]
      const given = conditions.filter(([, ...values]) => !values.includes(undefined))
      const where = given.length > 0 ? `WHERE ${given.map(([sql]) => sql).join(' AND ')}` : ''
      const values = given.flatMap(([, ...each]) => each as SQLInputValue[])
      const select = db.prepare(`SELECT id, record FROM builds ${where} ORDER BY sequence DESC LIMIT ?`)
      return select.all(...values, limit) as StoredBuild[]
    },

    async sequence(id) {
      return (sequenceOf.get(id) as Row | undefined)?.sequence
    },

    countBefore: async (id) => (countAhead.get(id) as { count: number }).count,

    queue: async () => idsOf(waiting.all()),

    async counts() {
      const rows = countByStatus.all() as { status: string; count: number }[]
      return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
    },

    async claim(token, until, now) {
      const row = claimNext.get(token, until, now)
      return row && json(row)
    },
    renew: async (id, token, until) => renewClaim.run(until, id, token).changes === 1,
    release: async (id, token) => void dropClaim.run(id, token),
    releaseAll: async () => void dropAllClaims.run(),

    async save({ id, finishedAt, status }, record, token) {
      return write.run(finishedAt, status, record, id, token).changes === 1
    },

    // The worker is in the same process, which asks it directly.
    askToCancel: async () => false,
    isToBeCancelled: async () => false,

    async change({ id, finishedAt, status }, record, from) {
      return writeUnclaimed.run(finishedAt, status, record, id, from).changes === 1
    },

    remove: async (id) => drop.run(id).changes === 1,
    finishedBefore: async (time) => idsOf(finishedBefore.all(time)),
    finishedBeyond: async (most) => idsOf(finishedBeyond.all(most)),
    ids: async () => idsOf(allIds.all())
  }
}
