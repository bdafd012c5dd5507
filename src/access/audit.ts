// The audit trail: each change before and after it is made, and each refusal. It is kept twice, as a table for queries and as
// a file to ship. It never contains a body, an environment or a header.

import { createHash } from 'node:crypto'
import { AppError, isAppError, type ErrorCode } from '../errors.ts'
import type { AuditFilter, AuditRow, AuditStore } from '../store/contract/audit.ts'
import type { Reserve } from '../store/reserve.ts'
import type { AuditFile } from './audit-file.ts'
import type { Caller, Peer } from './caller.ts'
import type { Need } from './scopes.ts'

/** The caller, the operation and its object. */
export type AuditSubject = {
  caller: Caller
  peer: Peer
  scope: Need | null
  /** Name of the operation, the same for REST and gRPC: `createContainer`. */
  action: string
  object: string | null
  requestId: string
}
type Minute = { startedAt: number; written: number; left: number }
type Outcome = 'attempted' | 'succeeded' | 'failed' | 'refused'
type Log = { error(fields: object, message: string): void }

type Attempt = { end(code: ErrorCode | null, object?: string | null): Promise<void> }
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
// A flood of refusals must not fill the disk. The rest is counted.
const REFUSALS_PER_MINUTE = 20
const MINUTE_MS = 60_000
// Operations that also work on a full disk.
const MAKES_ROOM = new Set([
  'stopContainer',
  'removeContainer',
  'cancelBuild',
  'removeBuild',
  'compatRemoveDockerfileBuild',
  'removeImage',
  'removeNetwork',
  'cleanSystem',
  'revokeToken'
])
const NO_RESERVE: Pick<Reserve, 'hasRoom' | 'help' | 'tryWith'> = {
  hasRoom: () => true,
  help() {},
  tryWith: async (task) => task()
}
const FIRST_HASH = '0'.repeat(64)

export function createAudit({
  table,
  flush,
  file,
  reserve = NO_RESERVE,
  log,
  now = Date.now
}: {
  table: AuditStore
  /** Resolves when everything in the store survives a power failure. */
  flush: () => Promise<void>
  /** Also gets each entry as a line. */
  file: Pick<AuditFile, 'append' | 'flush'> | undefined
  /** Reserved space for changes that free space. If absent, the disk counts as having space. */
  reserve?: Pick<Reserve, 'hasRoom' | 'help' | 'tryWith'> | undefined
  log: Log
  now?: () => number
}) {
  // Refusals of known tokens have their own limit, so refusals without a token cannot hide them.
  const minutes = new Map<string | null, Minute>()

  async function write(
    { caller, peer, scope, action, object, requestId }: AuditSubject,
    outcome: Outcome,
    code: ErrorCode | null = null,
    durationMs: number | null = null
  ): Promise<void> {
    const facts = {
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
    const next = (newest: AuditRow | undefined) => {
      const entry = { seq: (newest?.seq ?? 0) + 1, ...facts }
      return { ...entry, hash: chained(newest?.hash ?? FIRST_HASH, entry) }
    }
    const row = await reserve.tryWith(() => table.append(next))
    await reserve.tryWith(() => file?.append(`${JSON.stringify(row)}\n`))
    if (row.seq % PRUNE_EVERY === 0) await table.keep(KEPT)
  }

  /** For changes that have already happened: a failed audit entry does not revoke the response. */
  async function writeIfPossible(...what: Parameters<typeof write>): Promise<void> {
    try {
      await write(...what)
    } catch (err) {
      log.error({ err, action: what[0].action, requestId: what[0].requestId }, 'the audit trail cannot be written')
    }
  }

  /** Records a failed change with its error. */
  async function keep(code: ErrorCode | null): Promise<void> {
    try {
      await Promise.all([flush(), file?.flush()])
    } catch (cause) {
      log.error({ err: cause }, 'the disk failed to keep what was written')
      if (code !== null) return
      throw new AppError(
        'AUDIT_FAILED',
        'The change was made, but the disk did not sync its record: a power failure may undo it. Check the disk and restart Berth.',
        { cause }
      )
    }
  }

  return {
    /** Call this before a change. A change that cannot be recorded is refused. */
    async attempt(subject: AuditSubject): Promise<Attempt> {
      const startedAt = performance.now()
      if (MAKES_ROOM.has(subject.action)) reserve.help()
      else if (!reserve.hasRoom())
        throw new AppError(
          'STORAGE_FULL',
          'The disk of the data folder is full. Stopping, removing, cancelling and pruning still work; use them to free space.'
        )
      try {
        await write(subject, 'attempted')
      } catch (cause) {
        if (isAppError(cause, 'STORE_UNAVAILABLE')) throw cause
        log.error({ err: cause }, 'the audit trail cannot be written')
        throw new AppError('AUDIT_FAILED', 'The audit trail cannot be written, so the change was refused.', {
          cause
        })
      }
      return {
        /** Resolves when the entry, and every write of the change to the store, survives a power failure. */
        async end(code, object = subject.object) {
          const durationMs = Math.round((performance.now() - startedAt) * 10) / 10
          await writeIfPossible({ ...subject, object }, code === null ? 'succeeded' : 'failed', code, durationMs)
          await keep(code)
        }
      }
    },

    /** A caller without access or permission. Requests that failed for other reasons are not recorded. */
    async refused(subject: AuditSubject, code: ErrorCode): Promise<void> {
      if (!REFUSALS.has(code)) return
      const time = now()
      const isKnown = subject.caller.scopes.length > 0
      const whose = isKnown ? (subject.caller.tokenId ?? subject.caller.name) : null
      const minute = minutes.get(whose) ?? { startedAt: time, written: 0, left: 0 }
      minutes.set(whose, minute)
      // The clock may be set back.
      if (time - minute.startedAt >= MINUTE_MS || time < minute.startedAt) {
        const { left } = minute
        Object.assign(minute, { startedAt: time, written: 0, left: 0 })
        if (left > 0) await writeIfPossible({ ...subject, action: 'refusalsLeftOut', object: String(left) }, 'refused')
      }
      if (minute.written++ < REFUSALS_PER_MINUTE) await writeIfPossible(subject, 'refused', code)
      else minute.left++
    },

    /** Newest first. */
    find: (filter: AuditFilter, limit: number): Promise<AuditRow[]> => table.find(filter, limit)
  }
}

function chained(previous: string, entry: object): string {
  return createHash('sha256').update(previous).update(JSON.stringify(entry)).digest('hex')
}

/**
 * The first line that does not fit the one before it: something was changed, left out or put in. Where some of the entries
 * are elsewhere, only those that follow each other are compared.
 */
export function findBreak(lines: string[], { isPart = false } = {}): number | undefined {
  let previous: { seq: number; hash: string } | undefined
  for (const [index, line] of lines.entries()) {
    const { hash, ...entry } = JSON.parse(line) as { seq: number; hash: string }
    const follows = previous !== undefined && (!isPart || entry.seq === previous.seq + 1)
    if (previous && follows && chained(previous.hash, entry) !== hash) return index
    previous = { seq: entry.seq, hash }
  }
  return undefined
}
