// Processes the queue: claims a build, runs its stages one after the other, and records the outcome of each.

import { randomUUID } from 'node:crypto'
import { AppError, isAppError, isDiskFull, unexpected } from '../errors.ts'
import { sleep } from '../lib/sleep.ts'
import type { BuildTable, Work } from './table.ts'
import type { BuildFiles } from './files.ts'
import {
  begin,
  cancel,
  complete,
  fail,
  interrupt,
  isOver,
  nextStage,
  statusOf,
  type BuildRecord,
  type StageName
} from './record.ts'

/** Context of a stage. A stage notes its results, writes the log, and throws on failure. */
export type Job = {
  /** As it was when the stage began. */
  record: BuildRecord
  note(change: Partial<BuildRecord>): void
  signal: AbortSignal
  say(line: string): Promise<void>
}
export type StageTask = (job: Job) => Promise<void>
type Log = { info(fields: object, message: string): void; error(fields: object, message: string): void }
type Running = { work: Work; aborter: AbortController; renew: () => Promise<void>; done: Promise<void> }

export type Worker = ReturnType<typeof createWorker>

// A build that started this often without finishing crashes the server or the engine.
const MAX_ATTEMPTS = 3
const RESUMES = ['SERVER_STOPPING', 'ENGINE_UNAVAILABLE', 'STORE_UNAVAILABLE'] as const
const CLAIM_MS = 60_000
const RENEW_MS = 20_000
// Longer than the detection of a lost engine.
const PAUSE_MS = 3_000

export function createWorker({
  table,
  flush,
  files,
  stages,
  concurrency,
  engine,
  onChange,
  log,
  now = Date.now
}: {
  table: BuildTable
  flush: () => Promise<void>
  files: BuildFiles
  stages: Record<StageName, StageTask>
  concurrency: number
  engine: { status(): { available: boolean }; whenAvailable(signal: AbortSignal): Promise<void> }
  onChange: (record: BuildRecord) => void
  log: Log
  now?: () => number
}) {
  const running = new Map<string, Running>()
  const life = new AbortController()
  const lost = new AppError('INTERNAL', 'The claim was lost.')
  let waits = false
  let pumping = Promise.resolve()

  /**
   * Resolves when the limit of running builds is reached. Pumps run one after the other; two would exceed the limit.
   */
  function pump(): Promise<void> {
    pumping = pumping.then(fill)
    return pumping
  }

  async function fill(): Promise<void> {
    if (life.signal.aborted || waits) return
    if (!engine.status().available) return void pumpAfter(engine.whenAvailable(life.signal))
    try {
      // The clock may have jumped: a build that runs here must not be claimed a second time.
      await Promise.all([...running.values()].map(({ renew }) => renew()))
      while (running.size < concurrency && (await claim()));
    } catch (err) {
      unlessAway(err, { err }, 'the queue of builds cannot be read')
      void pumpAfter(sleep(PAUSE_MS, life.signal))
    }
  }

  /** Skips errors of an unavailable store, which reports its loss itself. */
  function unlessAway(error: unknown, fields: object, message: string): void {
    if (!isAppError(error, 'STORE_UNAVAILABLE')) log.error(fields, message)
  }

  async function pumpAfter(wait: Promise<void>): Promise<void> {
    waits = true
    await wait.catch(() => {})
    waits = false
    await pump()
  }

  async function claim(): Promise<boolean> {
    const token = randomUUID()
    const record = await table.claim(token, now() + CLAIM_MS, now())
    if (!record) return false
    if (life.signal.aborted) {
      await table.release(record.id, token)
      return false
    }
    const aborter = new AbortController()
    const renew = async () => {
      if (!(await table.renew(record.id, token, now() + CLAIM_MS))) aborter.abort(lost)
    }
    // Left so by a server that was killed.
    const work: Work = { record: interrupt(record) }
    table.show(work)
    const done = carryOut(work, token, { renew, aborter }).finally(() => {
      running.delete(record.id)
      table.hide(record.id)
      void pump()
    })
    running.set(record.id, { work, aborter, renew, done })
    return true
  }

  async function carryOut(
    work: Work,
    token: string,
    { renew, aborter }: { renew: () => Promise<void>; aborter: AbortController }
  ): Promise<void> {
    const { id } = work.record
    const { signal } = aborter
    // The next one may succeed where this one did not.
    const renewal = setInterval(() => void tryTo(renew, id), RENEW_MS)
    const save = async () => {
      while (!(await isWritten(work.record, token))) await sleep(PAUSE_MS, life.signal)
      onChange(work.record)
    }
    try {
      // Its worker may have died before it could.
      if (await table.isToBeCancelled(id)) aborter.abort(cancelled())
      for (let name = nextStage(work.record); name !== undefined; name = nextStage(work.record)) {
        work.record = begin(work.record, name, now())
        await save()
        const isDone = await runStage(work, name, signal)
        if (!isDone) break
        if (nextStage(work.record)) await save()
      }
      if (isOver(work.record)) await close(work)
      await save()
      if (statusOf(work.record) === 'completed') await removeContext(id)
    } catch (err) {
      if (err === lost) log.info({ buildId: id }, 'another server works on the build by now')
      else unlessAway(err, { err, buildId: id }, 'the build could not be written down')
      void pumpAfter(sleep(PAUSE_MS, life.signal))
    } finally {
      clearInterval(renewal)
      // If this fails, the claim expires.
      await tryTo(() => table.release(id, token), id)
    }
  }

  /**
   * Only for a build whose end is on disk; otherwise a power failure would leave a build without a context. A failed
   * build may be retried.
   */
  async function removeContext(id: string): Promise<void> {
    await flush()
    await files.removeContext(id)
  }

  /** False if the disk is full or the store is unavailable, which is no reason to repeat the work. */
  async function isWritten(record: BuildRecord, token: string): Promise<boolean> {
    try {
      if (await table.save(record, token)) return true
    } catch (err) {
      const isAway = isAppError(err, 'STORE_UNAVAILABLE')
      if (!(isDiskFull(err) || isAway) || life.signal.aborted) throw err
      unlessAway(err, { err, buildId: record.id }, 'the build cannot be written down as long as the disk is full')
      return false
    }
    throw lost
  }

  async function tryTo(task: () => Promise<void>, buildId: string): Promise<void> {
    try {
      await task()
    } catch (err) {
      unlessAway(err, { err, buildId }, 'the claim of the build could not be written down')
    }
  }

  /** False if the build resumes later. */
  async function runStage(work: Work, name: StageName, signal: AbortSignal): Promise<boolean> {
    const { record } = work
    const lines = files.log(record.id, false)
    lines.resume()
    const note = (change: Partial<BuildRecord>) => {
      work.record = { ...work.record, ...change }
    }
    try {
      signal.throwIfAborted()
      if (record.attempts > MAX_ATTEMPTS)
        throw new AppError('BUILD_FAILED', `It was started ${MAX_ATTEMPTS} times and interrupted each time.`)
      await stages[name]({ record, note, signal, say: (line) => lines.line(line) })
      work.record = complete(work.record, name, now())
      return true
    } catch (thrown) {
      const error = signal.aborted ? (signal.reason as unknown) : thrown
      if (error === lost) throw lost
      if (isAppError(error, 'REQUEST_CANCELLED')) {
        await lines.lastWord('CANCELLED')
        work.record = cancel(work.record, now())
        return true
      }
      // A deliberate stop, or the loss of the store, does not mean that the build is harmful.
      if (isAppError(error, 'SERVER_STOPPING', 'STORE_UNAVAILABLE')) note({ attempts: work.record.attempts - 1 })
      if (isAppError(error, ...RESUMES) && work.record.attempts < MAX_ATTEMPTS) {
        await lines.lastWord(`INTERRUPTED: ${error.message} It resumes later.`)
        work.record = interrupt(work.record)
        void pumpAfter(sleep(PAUSE_MS, life.signal))
        return false
      }
      if (!isAppError(error)) log.error({ err: error, buildId: record.id }, 'unexpected failure of a build')
      const known = isAppError(error) ? error : explained(error)
      await lines.lastWord(`FAILED: ${known.message}`)
      work.record = fail(work.record, name, known, now())
      return true
    }
  }

  async function close(work: Work): Promise<void> {
    // The log ends after the build is finished, and the build is finished after its log is complete.
    await files.endLog(work.record.id, (logTruncated) => {
      work.record = { ...work.record, finishedAt: now(), logTruncated }
    })
    const { record } = work
    const { id, imageName } = record
    log.info(
      { buildId: id, image: imageName, status: statusOf(record), code: record.build.code ?? record.push.code },
      'build ended'
    )
  }

  function explained(error: unknown): AppError {
    const known = unexpected(error)
    if (known.code !== 'INTERNAL') return known
    return new AppError('INTERNAL', 'An unexpected error occurred. See the log of the server.')
  }

  return {
    pump,
    /** Resolves when the end of a build is stored, so that it may be changed. */
    async settled(id: string): Promise<void> {
      const job = running.get(id)
      if (job && isOver(job.work.record)) await job.done
    },

    /** Stops the work on a build; false if it has no worker. */
    async abort(id: string): Promise<boolean> {
      const job = running.get(id)
      if (!job) return false
      job.aborter.abort(cancelled())
      await job.done
      return true
    },

    /** Running builds stay as they are and resume at the next start. */
    async stop(): Promise<void> {
      life.abort()
      const reason = new AppError('SERVER_STOPPING', 'The server was stopped.')
      await pumping
      for (const { aborter } of running.values()) aborter.abort(reason)
      await Promise.all([...running.values()].map(({ done }) => done))
    }
  }
}

function cancelled(): AppError {
  return new AppError('REQUEST_CANCELLED', 'It was cancelled.')
}
