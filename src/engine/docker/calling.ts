// Makes, counts and queues the calls to one engine.

import type { Duplex, Readable } from 'node:stream'
import { AppError, cancellation, isAppError } from '../../errors.ts'
import { createSemaphore } from '../../lib/semaphore.ts'
import type { EngineAvailability } from '../contract/availability.ts'
import type { Asked, Calls } from './calls.ts'
import type { Connection } from './connection.ts'
import { openConnection } from './hijack.ts'
import { openStream, readHead, request } from './request.ts'
import { createUnknownTexts } from './unknown-texts.ts'

const READ_TIMEOUT_MS = 10_000

type Log = Record<'debug' | 'warn', (fields: object, message: string) => void>

export type CallingOptions = {
  connection: Connection
  log: Log
  concurrency: number
  changeTimeoutMs: number
  /** The caller of a change; callers take turns. */
  whose?: () => string | undefined
  /** Number of changes that may be queued. */
  queue: number
}

export type Calling = Calls & Pick<EngineAvailability, 'figures'> & { noteUnknown: (error: unknown) => void }

export function createCalling(options: CallingOptions): Calling {
  const { connection, log, changeTimeoutMs } = options
  const noteUnknown = createUnknownTexts(log)
  const inTurn = createSemaphore(options.concurrency, options.queue)
  const outcomes: Record<string, number> = {}
  const count = (outcome: string) => void (outcomes[outcome] = (outcomes[outcome] ?? 0) + 1)

  async function call<T>({ method, path }: Pick<Asked, 'method' | 'path'>, task: () => Promise<T>): Promise<T> {
    const started = performance.now()
    try {
      const answer = await task()
      count('ok')
      return answer
    } catch (error) {
      count(isAppError(error) ? error.code : 'INTERNAL')
      noteUnknown(error)
      if (isAppError(error, 'ENGINE_UNAVAILABLE')) connection.lost(error.message)
      throw error
    } finally {
      const durationMs = Math.round((performance.now() - started) * 10) / 10
      log.debug({ method, path, durationMs }, 'engine call')
    }
  }

  function ask<T>(asked: Asked<T>, kind: 'calls' | 'streams' = 'calls'): Promise<T> {
    return call(asked, () => request<T>(connection.client(kind), { timeoutMs: READ_TIMEOUT_MS, ...asked }))
  }

  /** Changes wait for their turn, so that a burst of requests queues here and not in the engine. */
  async function change<T>({ queueSignal, ...asked }: Asked<T>, refusal?: () => Error): Promise<T> {
    const task = () => call(asked, () => request<T>(connection.client(), { timeoutMs: changeTimeoutMs, ...asked }))
    try {
      return await inTurn(task, { refusal, signal: queueSignal, whose: options.whose?.() })
    } catch (error) {
      throw queueSignal?.aborted && error === queueSignal.reason ? cancellation(queueSignal) : error
    }
  }

  /** A full queue refuses calls that create something, but never those that start, stop or undo. */
  function make<T>(asked: Asked<T>): Promise<T> {
    return change<T>(
      asked,
      () =>
        new AppError(
          'ENGINE_BUSY',
          `Too many changes of yours wait for the engine. All callers together have ${options.queue} places.`
        )
    )
  }

  function look(asked: Omit<Asked, 'method'>) {
    return call({ method: 'HEAD', path: asked.path }, () =>
      readHead(connection.client(), { timeoutMs: READ_TIMEOUT_MS, ...asked })
    )
  }

  function stream(asked: Asked): Promise<Readable> {
    return call(asked, () => openStream(connection.client('streams'), { timeoutMs: READ_TIMEOUT_MS, ...asked }))
  }

  async function watch(asked: Asked): Promise<Readable> {
    const hangs = connection.hangs()
    try {
      return await stream({ ...asked, signal: asked.signal ? AbortSignal.any([asked.signal, hangs]) : hangs })
    } catch (error) {
      // For example an upload, which has no answer until its end.
      throw hangs.aborted && !asked.signal?.aborted ? hangs.reason : error
    }
  }

  function connect(asked: Asked): Promise<Duplex> {
    return call(asked, () => openConnection(connection.client('streams'), { timeoutMs: READ_TIMEOUT_MS, ...asked }))
  }

  return {
    ask,
    change,
    make,
    stream,
    watch,
    connect,
    look,
    noteUnknown,
    figures: () => ({ ...inTurn.load(), calls: { ...outcomes } })
  }
}
