import type { DatabaseSync } from 'node:sqlite'

export type AuditRow = {
  seq: number
  at: number
  outcome: string
  caller: string
  tokenId: string | null
  scope: string | null
  address: string
  door: string
  action: string
  object: string | null
  code: string | null
  durationMs: number | null
  requestId: string
  hash: string
}

export type AuditFilter = {
  outcome?: string | undefined
  caller?: string | undefined
  action?: string | undefined
  object?: string | undefined
  requestId?: string | undefined
  since?: number | undefined
  until?: number | undefined
  /** Only entries before this one. */
  before?: number | undefined
}

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

/** Refusals are counted apart, so that whoever only knocks cannot wash away what was done. `check` throws when the disk lost something. */
export function createAuditTable(db: DatabaseSync, check: () => void) {
  const insert = db.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const last = db.prepare(`SELECT ${COLUMNS} FROM audit ORDER BY seq DESC LIMIT 1`)
  const prune = (isRefusal: boolean) =>
    db.prepare(
      `DELETE FROM audit WHERE (outcome = 'refused') = ${Number(isRefusal)} AND seq <= (SELECT seq FROM audit WHERE (outcome = 'refused') = ${Number(isRefusal)} ORDER BY seq DESC LIMIT 1 OFFSET ?)`
    )
  const pruneRefusals = prune(true)
  const pruneOthers = prune(false)

  return {
    add(row: AuditRow): void {
      check()
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
    },
    last: () => last.get() as AuditRow | undefined,
    /** Newest first. */
    find(filter: AuditFilter, limit: number): AuditRow[] {
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
    /** Keeps the newest of each kind. */
    keep({ refusals, others }: { refusals: number; others: number }): void {
      pruneRefusals.run(refusals)
      pruneOthers.run(others)
    }
  }
}
