// Inspects individual containers, a few at a time.

import type { ContainerRecord, EngineContainers } from '../engine/contract/containers.ts'
import { isAppError } from '../errors.ts'
import { createSemaphore } from '../lib/semaphore.ts'
import type { Records } from './records.ts'

export type Log = { debug(fields: object, message: string): void; warn(fields: object, message: string): void }
export type Reader = ReturnType<typeof createReader>

type Options = {
  engine: Pick<EngineContainers, 'inspectContainer'>
  records: Records
  stopping: AbortSignal
  log: Log
  now: () => number
}

type Remember = (record: ContainerRecord, asked: number) => void

// Events of one change come in bursts (create, start, …), and often the change's own inspect covers them all.
const SETTLE_MS = 40
const PARALLEL_INSPECTS = 8
const LOOK_MS = 5_000
const AGAIN_MS = { first: 1_000, most: 30_000 }

export function createReader({ engine, records, stopping, log, now }: Options) {
  const dirty = new Map<string, number>()
  const held = new Set<string>()
  const pauses = new Map<string, number>()
  const planned = new Set<string>()
  const inTurn = createSemaphore(PARALLEL_INSPECTS)

  /** Inspects one container and stores the answer. Undefined if it is gone. */
  async function read(id: string, remember: Remember, signal?: AbortSignal): Promise<ContainerRecord | undefined> {
    const asked = now()
    const record = await engine.inspectContainer(id, signal)
    if (record) remember(record, asked)
    else records.drop(id)
    return record
  }

  function markDirty(id: string, noticed = now()): void {
    const isPlanned = dirty.has(id)
    dirty.set(id, noticed)
    if (!isPlanned) setTimeout(() => settle(id), SETTLE_MS).unref()
  }

  function settle(id: string): void {
    const noticed = dirty.get(id)
    dirty.delete(id)
    if (noticed === undefined || stopping.aborted || records.readAt(id) > noticed) return
    if (held.has(id)) return markDirty(id, noticed)
    inTurn(() => look(id)).catch((error: unknown) => {
      log.debug({ err: error, containerId: id }, 'container could not be read again')
    })
  }

  /** A container that the engine cannot describe must not hide the others. It is retried with backoff. */
  async function look(id: string, remember: Remember = records.put): Promise<void> {
    try {
      await read(id, remember, AbortSignal.any([stopping, AbortSignal.timeout(LOOK_MS)]))
      pauses.delete(id)
    } catch (error) {
      if (stopping.aborted || isAppError(error, 'ENGINE_UNAVAILABLE')) throw error
      log.warn({ err: error, containerId: id }, 'container could not be read; it is tried again')
      records.failed(id)
      lookAgain(id)
    }
  }

  function lookAgain(id: string): void {
    if (planned.has(id)) return
    planned.add(id)
    const pause = Math.min((pauses.get(id) ?? AGAIN_MS.first / 2) * 2, AGAIN_MS.most)
    pauses.set(id, pause)
    const again = () => {
      planned.delete(id)
      if (records.isFailing(id)) markDirty(id)
      else pauses.delete(id)
    }
    setTimeout(again, pause).unref()
  }

  return {
    refresh: (id: string, signal?: AbortSignal) => read(id, records.put, signal),

    /** After an event: it is read soon, unless it is read before. */
    markDirty: (id: string): void => markDirty(id),

    /** The engine has reported its removal. */
    removed(id: string): void {
      dirty.delete(id)
      records.drop(id)
    },

    async lookAtAll(ids: string[]): Promise<void> {
      await Promise.all(ids.map((id) => inTurn(() => look(id))))
    },

    /** Without a cause, so not while a change is under way. */
    async lookInTurn(ids: string[]): Promise<void> {
      const free = ids.filter((id) => !held.has(id))
      await Promise.all(free.map((id) => inTurn(() => look(id, records.confirm))))
    },

    /**
     * While a change of ours is under way its events are not answered by looking: the engine would let the look wait for the
     * change, and the change ends with a look of its own.
     */
    async holding<T>(id: string, change: () => Promise<T>): Promise<T> {
      held.add(id)
      try {
        return await change()
      } finally {
        held.delete(id)
      }
    }
  }
}
