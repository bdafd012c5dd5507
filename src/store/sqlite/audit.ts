import type { DatabaseSync } from 'node:sqlite'
import type { AuditFilter, AuditRow, AuditStore } from '../contract/audit.ts'

const COLUMNS =
  'seq, at, outcome, caller, token_id AS tokenId, scope, address, door, action, object, code, duration_ms AS durationMs, request_id AS requestId, hash'
const CONDITIONS: Record<keyof AuditFilter, string> = {
  outcome: 'outcome = ?',
  caller: 'caller = ?',
  action: 'action = ?',
  object: 'object = ?',
  requestId: 'request_id = ?',
  since: 'at >= ?',
  until: 'at <= ?',
  before: 'seq < ?'
}

/**
 * Refusals are counted separately, so that a flood of them cannot displace changes. `check` throws if the disk lost
 * something.
 */
export function createAuditTable(db: DatabaseSync, check: () => void): AuditStore {
  const insert = db.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const last = db.prepare(`SELECT ${COLUMNS} FROM audit ORDER BY seq DESC LIMIT 1`)
  const prune = (isRefusal: boolean) =>
    db.prepare(
      `DELETE FROM audit WHERE (outcome = 'refused') = ${Number(isRefusal)} AND seq <= (SELECT seq FROM audit WHERE (outcome = 'refused') = ${Number(isRefusal)} ORDER BY seq DESC LIMIT 1 OFFSET ?)`
    )
  const pruneRefusals = prune(true)
  const pruneOthers = prune(false)

  return {
    async append(make) {
      check()
      const row = make(last.get() as AuditRow | undefined)
      insert.run(
        row.seq,
        row.at,
        row.outcome,
        row.caller,
        row.tokenId,
        row.scope,
        row.address,
        row.door,
        row.action,
        row.object,
        row.code,
        row.durationMs,
        row.requestId,
        row.hash
      )
      return row
    },
    async find(filter, limit) {
      const conditions = ['TRUE']
      const values: (string | number)[] = []
      for (const [name, condition] of Object.entries(CONDITIONS) as [keyof AuditFilter, string][]) {
        const value = filter[name]
        if (value === undefined) continue
        conditions.push(condition)
        values.push(value)
      }
      const select = db.prepare(
        `SELECT ${COLUMNS} FROM audit WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT ?`
      )
      return select.all(...values, limit) as AuditRow[]
    },
    async keep({ refusals, others }) {
      pruneRefusals.run(refusals)
      pruneOthers.run(others)
    }
  }
}
