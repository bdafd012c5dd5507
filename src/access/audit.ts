// The audit trail: each change before it is made and after, and who was refused. Kept twice, as a table to ask and as a
// file to ship. Never a body, an environment or a header.

import { createHash } from 'node:crypto'
import { AppError, type ErrorCode } from '../errors.ts'
import type { AuditFilter, AuditRow } from '../store/audit.ts'
import type { AuditFile } from './audit-file.ts'
import type { Caller, Peer } from './caller.ts'
import type { Need } from './scopes.ts'

/** Who wants to do what to what. */
export type AuditSubject = {
  caller: Caller
  peer: Peer
  scope: Need | null
  /** The operation's name, the same at every door: `createContainer`. */
  action: string
  object: string | null
  requestId: string
}
type Outcome = 'attempted' | 'succeeded' | 'failed' | 'refused'
type AuditTable = {
  add(row: AuditRow): void
  last(): AuditRow | undefined
  find(filter: AuditFilter, limit: number): AuditRow[]
  keep(counts: { refusals: number; others: number }): void
}
type Log = { error(fields: object, message: string): void }

export type Audit = ReturnType<typeof createAudit>

const REFUSALS = new Set<ErrorCode>([
  'UNAUTHORIZED',
  'FORBIDDEN',
  'TOO_MANY_REQUESTS',
  'HOST_NOT_ALLOWED',
  'CROSS_ORIGIN_REFUSED'
])
const KEPT = { refusals: 10_000, others: 100_000 }
const PRUNE_EVERY = 1_000
// Whoever knocks a thousand times a second must not fill the disk; how many more there were is said.
const REFUSALS_PER_MINUTE = 20
const MINUTE_MS = 60_000
const FIRST_HASH = '0'.repeat(64)

export function createAudit({
  table,
  flush,
  file,
  log,
  now = Date.now
}: {
  table: AuditTable
  /** Resolves when all that stands in the store survives a power failure. */
  flush: () => Promise<void>
  /** Where each entry goes as a line, too. */
  file: Pick<AuditFile, 'append' | 'flush'> | undefined
  log: Log
  now?: () => number
}) {
  const newest = table.last()
  let seq = newest?.seq ?? 0
  let hash = newest?.hash ?? FIRST_HASH
  let minute = { startedAt: 0, written: 0, left: 0 }

  function write(
    { caller, peer, scope, action, object, requestId }: AuditSubject,
    outcome: Outcome,
    code: ErrorCode | null = null,
    durationMs: number | null = null
  ): void {
    const entry = {
      seq: seq + 1,
      at: now(),
      outcome,
      caller: caller.name,
      tokenId: caller.tokenId,
      scope,
      address: peer.address,
      door: peer.door,
      action,
      object,
      code,
      durationMs,
      requestId
    }
    const row = { ...entry, hash: chained(hash, entry) }
    table.add(row)
    seq = row.seq
    hash = row.hash
    file?.append(`${JSON.stringify(row)}\n`)
    if (seq % PRUNE_EVERY === 0) table.keep(KEPT)
  }

  /** For what has happened already: an answer is not taken back because it could not be written down. */
  function writeIfPossible(...what: Parameters<typeof write>): void {
    try {
      write(...what)
    } catch (err) {
      log.error({ err, action: what[0].action, requestId: what[0].requestId }, 'the audit trail cannot be written')
    }
  }

  /** A change that failed is told as what it failed with. */
  async function keep(code: ErrorCode | null): Promise<void> {
    try {
      await Promise.all([flush(), file?.flush()])
    } catch (cause) {
      log.error({ err: cause }, 'the disk failed to keep what was written')
      if (code !== null) return
      throw new AppError(
        'AUDIT_FAILED',
        'The change was made, but the disk failed to keep the record of it: a power failure may undo it. Check the disk and restart Berth.',
        { cause }
      )
    }
  }

  return {
    /** To be called before anything is changed; what cannot be written down is not done. */
    attempt(subject: AuditSubject): { end(code: ErrorCode | null, object?: string | null): Promise<void> } {
      const startedAt = performance.now()
      try {
        write(subject, 'attempted')
      } catch (cause) {
        log.error({ err: cause }, 'the audit trail cannot be written')
        throw new AppError('AUDIT_FAILED', 'The audit trail cannot be written, and without it nothing is changed.', {
          cause
        })
      }
      return {
        /** Resolves when the entry, and all that the change wrote to the store, survives a power failure. */
        async end(code, object = subject.object) {
          const durationMs = Math.round((performance.now() - startedAt) * 10) / 10
          writeIfPossible({ ...subject, object }, code === null ? 'succeeded' : 'failed', code, durationMs)
          await keep(code)
        }
      }
    },

    /** Somebody who was not let in, or may not do this. Requests that failed in other ways are not written down. */
    refused(subject: AuditSubject, code: ErrorCode): void {
      if (!REFUSALS.has(code)) return
      const time = now()
      // The clock may be set back.
      if (time - minute.startedAt >= MINUTE_MS || time < minute.startedAt) {
        const { left } = minute
        minute = { startedAt: time, written: 0, left: 0 }
        if (left > 0) writeIfPossible({ ...subject, action: 'refusalsLeftOut', object: String(left) }, 'refused')
      }
      if (minute.written++ < REFUSALS_PER_MINUTE) writeIfPossible(subject, 'refused', code)
      else minute.left++
    },

    /** Newest first. */
    find: (filter: AuditFilter, limit: number): AuditRow[] => table.find(filter, limit)
  }
}

function chained(previous: string, entry: object): string {
  return createHash('sha256').update(previous).update(JSON.stringify(entry)).digest('hex')
}

/** The first line that does not fit the one before it: something was changed, left out or put in. */
export function findBreak(lines: string[]): number | undefined {
  let previous: string | undefined
  for (const [index, line] of lines.entries()) {
    const { hash, ...entry } = JSON.parse(line) as { hash: string }
    if (previous !== undefined && chained(previous, entry) !== hash) return index
    previous = hash
  }
  return undefined
}
