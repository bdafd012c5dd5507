import type { AuditFilter, AuditRow, AuditStore } from '../contract/audit.ts'
import type { Database } from './database.ts'
import { lock } from './schema.ts'

type Waiting = {
  make: (newest: AuditRow | undefined) => AuditRow
  row?: AuditRow
  resolve: (row: AuditRow) => void
  reject: (error: unknown) => void
}

/** The fields of an entry, in the order that its hash covers. */
export const AUDIT_COLUMNS =
  'seq, at, outcome, caller, token_id AS "tokenId", scope, address, door, action, object, code, duration_ms AS "durationMs", request_id AS "requestId", hash'
const CONDITIONS: Record<keyof AuditFilter, string> = {
  outcome: 'outcome =',
  caller: 'caller =',
  action: 'action =',
  object: 'object =',
  requestId: 'request_id =',
  since: 'at >=',
  until: 'at <=',
  before: 'seq <'
}
// A larger batch would delay other servers.
const BATCH = 100

/** Several servers write one chain: each takes the lock and adds all of its waiting entries. */
export function createAuditTable({ sql, transaction }: Database): AuditStore {
  let waiting: Waiting[] = []
  let isWriting = false

  async function writeAll(): Promise<void> {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH)
      waiting = waiting.slice(BATCH)
      await write(batch).catch((error: unknown) => batch.forEach(({ reject }) => reject(error)))
    }
    isWriting = false
  }

  async function write(batch: Waiting[]): Promise<void> {
    await transaction(async (within) => {
      await lock(within, 'audit')
      let [newest] = (await within<AuditRow>(`SELECT ${AUDIT_COLUMNS} FROM audit ORDER BY seq DESC LIMIT 1`)).rows
      for (const each of batch) {
        try {
          newest = each.row = each.make(newest)
        } catch (error) {
          each.reject(error)
        }
      }
      const rows = batch.flatMap(({ row }) => (row ? [columnsOf(row)] : []))
      await within('INSERT INTO audit SELECT * FROM json_populate_recordset(NULL::audit, $1)', [JSON.stringify(rows)])
    })
    for (const { row, resolve } of batch) if (row) resolve(row)
  }

  return {
    append: (make) =>
      new Promise((resolve, reject) => {
        waiting.push({ make, resolve, reject })
        if (!isWriting) void writeAll()
      }),

    async find(filter, limit) {
      const given = (Object.keys(CONDITIONS) as (keyof AuditFilter)[]).filter((name) => filter[name] !== undefined)
      const conditions = given.map((name, index) => `AND ${CONDITIONS[name]} $${index + 2}`)
      const { rows } = await sql<AuditRow>(
        `SELECT ${AUDIT_COLUMNS} FROM audit WHERE TRUE ${conditions.join(' ')} ORDER BY seq DESC LIMIT $1`,
        [limit, ...given.map((name) => filter[name])]
      )
      return rows
    },

    async keep({ refusals, others }) {
      for (const [isRefusal, count] of [
        [true, refusals],
        [false, others]
      ])
        await sql(
          `DELETE FROM audit WHERE (outcome = 'refused') = $1 AND seq <=
             (SELECT seq FROM audit WHERE (outcome = 'refused') = $1 ORDER BY seq DESC LIMIT 1 OFFSET $2)`,
          [isRefusal, count]
        )
    }
  }
}

function columnsOf({ tokenId, durationMs, requestId, ...rest }: AuditRow): object {
  return { ...rest, token_id: tokenId, duration_ms: durationMs, request_id: requestId }
}
