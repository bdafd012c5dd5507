// Works the queue off: claims a build, does its stages one after the other, and writes down how each ended.

import { randomUUID } from 'node:crypto'
import { AppError, isAppError } from '../errors.ts'
import type { BuildTable } from './table.ts'
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

/** What a stage works with. It changes the record and writes the log; failing is throwing. */
export type Job = {
  record: BuildRecord
  signal: AbortSignal
  say(line: string): Promise<void>
}
export type StageTask = (job: Job) => Promise<void>
type Log = { info(fields: object, message: string): void; error(fields: object, message: string): void }
type Running = { record: BuildRecord; aborter: AbortController; done: Promise<void> }

export type Worker = ReturnType<typeof createWorker>

// A build that was begun this often and never came to an end takes the server or the engine down.
const MAX_ATTEMPTS = 3
const CLAIM_MS = 60_000
const RENEW_MS = 20_000

export function createWorker({
  table,
  files,
  stages,
  concurrency,
  engine,
  onChange,
  log,
  now = Date.now
}: {
  table: BuildTable
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
  let waitsForEngine = false

  function pump(): void {
    if (life.signal.aborted || waitsForEngine) return
    if (!engine.status().available) return void pumpWhenAvailable()
    while (running.size < concurrency) {
      const token = randomUUID()
      const record = table.claim(token, now() + CLAIM_MS, now())
      if (!record) return
      const aborter = new AbortController()
      const done = work(record, token, aborter).finally(() => {
        running.delete(record.id)
        pump()
      })
      running.set(record.id, { record, aborter, done })
    }
  }

  async function pumpWhenAvailable(): Promise<void> {
    waitsForEngine = true
    await engine.whenAvailable(life.signal).catch(() => {})
    waitsForEngine = false
    pump()
  }

  async function work(record: BuildRecord, token: string, aborter: AbortController): Promise<void> {
    const renewal = setInterval(() => {
      if (!table.renew(record.id, token, now() + CLAIM_MS))
        aborter.abort(new AppError('INTERNAL', 'The claim was lost.'))
    }, RENEW_MS)
    const save = () => {
      table.save(record, token)
      onChange(record)
    }
    try {
      // Left so by a server that was killed.
      interrupt(record)
      for (let name = nextStage(record); name !== undefined; name = nextStage(record)) {
        begin(record, name, now())
        record.attempts++
        save()
        const isDone = await runStage(record, name, aborter.signal)
        if (!isDone) break
        if (nextStage(record)) save()
      }
      if (isOver(record)) await close(record)
      save()
    } catch (err) {
      log.error({ err, buildId: record.id }, 'the build could not be written down')
    } finally {
      clearInterval(renewal)
      table.release(record.id, token)
    }
  }

  /** False when the build is to be taken up again later. */
  async function runStage(record: BuildRecord, name: StageName, signal: AbortSignal): Promise<boolean> {
    const lines = files.log(record.id, false)
    try {
      if (record.attempts > MAX_ATTEMPTS)
        throw new AppError('BUILD_FAILED', `It was begun ${MAX_ATTEMPTS} times and interrupted each time.`)
      await stages[name]({ record, signal, say: (line) => lines.line(line) })
      complete(record, name, now())
      record.attempts = 0
      return true
    } catch (thrown) {
      const error = signal.aborted ? (signal.reason as unknown) : thrown
      if (isAppError(error, 'REQUEST_CANCELLED')) {
        await lines.line('CANCELLED')
        cancel(record, now())
        return true
      }
      if (isAppError(error, 'SERVER_STOPPING', 'ENGINE_UNAVAILABLE') && record.attempts < MAX_ATTEMPTS) {
        await lines.line(`INTERRUPTED: ${error.message} It is taken up again.`)
        interrupt(record)
        // To be stopped on purpose is no sign of a build that does harm.
        if (isAppError(error, 'SERVER_STOPPING')) record.attempts--
        return false
      }
      if (!isAppError(error)) log.error({ err: error, buildId: record.id }, 'unexpected failure of a build')
      const known = isAppError(error)
        ? error
        : new AppError('INTERNAL', 'Something unexpected happened. The log of the server says more.')
      await lines.line(`FAILED: ${known.message}`)
      fail(record, name, known, now())
      return true
    }
  }

  async function close(record: BuildRecord): Promise<void> {
    record.finishedAt = now()
    record.logTruncated = await files.endLog(record.id)
    // Whatever failed may be asked for again.
    if (statusOf(record) === 'completed') await files.removeContext(record.id)
    const { id, imageName } = record
    log.info(
      { buildId: id, image: imageName, status: statusOf(record), code: record.build.code ?? record.push.code },
      'build ended'
    )
  }

  return {
    pump,
    /** A build that is worked on, as it stands now. */
    current: (id: string): BuildRecord | undefined => running.get(id)?.record,

    /** Ends the work on a build; false when nobody works on it. */
    async abort(id: string): Promise<boolean> {
      const job = running.get(id)
      if (!job) return false
      job.aborter.abort(new AppError('REQUEST_CANCELLED', 'It was cancelled.'))
      await job.done
      return true
    },

    /** What runs is left as it is and taken up at the next start. */
    async stop(): Promise<void> {
      life.abort()
      const reason = new AppError('SERVER_STOPPING', 'The server was stopped.')
      for (const { aborter } of running.values()) aborter.abort(reason)
      await Promise.all([...running.values()].map(({ done }) => done))
    }
  }
}
