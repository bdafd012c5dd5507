// Records every create before the first call to the engine, and deletes the record when the outcome is known. A
// leftover intent names a half-created container or its volumes: after a crash, a lost answer, or an undo with unknown
// outcome.

import { AppError, isAppError } from '../errors.ts'
import type { EngineAvailability } from '../engine/contract/availability.ts'
import type { ContainerRecord, EngineContainers } from '../engine/contract/containers.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Intent, IntentStore } from '../store/contract/intents.ts'
import { createCreation, isUncertain, type Created } from './creation.ts'
import type { Settling } from './settling.ts'
import { createUndo, type Undo } from './undo.ts'

type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void }
type Left = Omit<Intent, 'attempt'> & { isSaid?: boolean }
type LeftOver = Required<Left> & { pauseMs: number; notBefore: number }

export type Attempts = Awaited<ReturnType<typeof createAttempts>>

// An engine that hung may carry out an old create when it wakes.
const REMEMBER_MS = 10 * 60_000
const RETRY_MS = 2_000
const LOOK_MS = 60_000

export async function createAttempts({
  engine,
  inventory,
  settling,
  table,
  flush,
  log
}: {
  engine: Pick<EngineContainers, 'createContainer' | 'listContainers'> & Pick<EngineAvailability, 'whenAvailable'>
  inventory: Inventory
  settling: Settling
  table: IntentStore
  /** Resolves when everything in the table survives a power failure. */
  flush: () => Promise<void>
  log: Log
}) {
  const leftOver = new Map<string, LeftOver>()
  for (const { attempt, ...left } of await table.all()) leave(attempt, left)
  const underWay = new Set<string>()
  const beingSettled = new Map<string, Promise<void>>()
  let next: { at: number; timer: NodeJS.Timeout } | undefined

  function leave(attempt: string, { createdAt, isFinal, isSaid = false }: Left): void {
    leftOver.set(attempt, { createdAt, isFinal, isSaid, pauseMs: RETRY_MS, notBefore: 0 })
  }

  async function forget(attempt: string): Promise<void> {
    leftOver.delete(attempt)
    await table.remove(attempt)
  }

  /** False if the store became unavailable: its contents are unknown then, even for an intent that it refused. */
  async function isForgotten(attempt: string): Promise<boolean> {
    try {
      await table.remove(attempt)
      return true
    } catch (error) {
      if (isAppError(error, 'STORE_UNAVAILABLE')) return false
      throw error
    }
  }

  async function keepIntent(): Promise<void> {
    try {
      await flush()
    } catch (cause) {
      const detail =
        'The disk failed to keep what Berth was about to do, so nothing was made. Check it and restart Berth.'
      throw new AppError('AUDIT_FAILED', detail, { cause })
    }
  }

  async function settleOnce(attempt: string, record: ContainerRecord | undefined): Promise<void> {
    if (record) {
      await settling.withContainer(record, attempt, { isFinal: leftOver.get(attempt)?.isFinal ?? false })
      await forget(attempt)
      log.info({ containerId: record.id, name: record.name }, 'half-made container of an earlier attempt settled')
      return
    }
    await settling.withoutContainer(attempt)
    const { createdAt = 0 } = leftOver.get(attempt) ?? {}
    if (Date.now() - createdAt > REMEMBER_MS) await forget(attempt)
  }

  /** Concurrent callers wait for the same run. */
  function settle(attempt: string, record: ContainerRecord | undefined): Promise<void> {
    const known = beingSettled.get(attempt)
    if (known) return known
    const run = settleOnce(attempt, record)
      .catch((err: unknown) => {
        failed(attempt, err)
        throw err
      })
      .finally(() => beingSettled.delete(attempt))
    beingSettled.set(attempt, run)
    return run
  }

  /** Logged once; the pauses become longer. */
  function failed(attempt: string, err: unknown): void {
    const left = leftOver.get(attempt)
    if (!left) return
    if (!left.isSaid) log.warn({ err, attempt }, 'an earlier attempt could not be settled; it is tried again')
    const { pauseMs } = left
    left.isSaid = true
    left.pauseMs = Math.min(2 * pauseMs, LOOK_MS)
    left.notBefore = performance.now() + pauseMs
    lookAgain(pauseMs)
  }

  /** Polls for intents without events: no event reports a removal that the engine did not carry out. */
  function lookAgain(afterMs: number): void {
    const at = performance.now() + afterMs
    if (next && next.at <= at) return
    clearTimeout(next?.timer)
    const look = () => {
      next = undefined
      // Nothing can be done while the engine is unreachable. A full read may have come before the attempt failed.
      if (inventory.staleMs() === null) settleLeftOvers()
      else lookAgain(RETRY_MS)
    }
    next = { at, timer: setTimeout(look, afterMs).unref() }
  }

  function settleLeftOvers(): void {
    if (leftOver.size === 0) return
    lookAgain(LOOK_MS)
    const found = new Map<string, ContainerRecord>()
    for (const record of inventory.all()) found.set(record.berth.attempt ?? '', record)
    for (const attempt of leftOver.keys()) {
      const record = found.get(attempt)
      // One that could not be read may be the container of any of them.
      if (record || !inventory.hasUnread()) settle(attempt, record).catch(() => {})
    }
  }

  inventory.onSync(settleLeftOvers)
  inventory.onChange(({ after }) => {
    const attempt = after?.berth.attempt ?? ''
    const left = leftOver.get(attempt)
    if (left && left.notBefore <= performance.now()) settle(attempt, after).catch(() => {})
  })

  const create = createCreation({ engine, inventory })

  /** Settles the attempt that left a container of this name. False if none did. */
  async function freeName(name: string): Promise<boolean> {
    if (leftOver.size === 0) return false
    const holder = (await engine.listContainers()).find((each) => each.name === name)
    const record = holder && (await inventory.refresh(holder.id))
    const attempt = record?.berth.attempt ?? ''
    if (!leftOver.has(attempt)) return false
    await settle(attempt, record)
    return true
  }

  return {
    /** Runs one attempt. After a failure, its steps are undone; unknown outcomes are settled later. */
    async run<T>(attempt: string, task: (undo: Undo) => Promise<T>): Promise<T> {
      const createdAt = Date.now()
      const finalize = async () => {
        await table.finalize(attempt)
        await keepIntent()
      }
      const undo = createUndo({ attempt, finalize, log })
      underWay.add(attempt)
      try {
        await table.add(attempt, createdAt)
        await keepIntent()
        const result = await task(undo)
        await table.remove(attempt)
        return result
      } catch (error) {
        const end = await undo.all()
        const isKnown = end !== 'not known' && !isUncertain(error)
        if (!isKnown || !(await isForgotten(attempt))) {
          leave(attempt, { createdAt, isSaid: end === 'not known', isFinal: undo.isFinal() })
          lookAgain(RETRY_MS)
        }
        throw error
      } finally {
        underWay.delete(attempt)
      }
    },

    /** Leftovers of servers that no longer exist. Only a server that sees a container has its engine. */
    async takeOver(): Promise<void> {
      const seen = [...inventory.all()].flatMap(({ berth }) => berth.attempt ?? [])
      for (const { attempt, ...left } of await table.takeOver(seen)) leave(attempt, left)
      settleLeftOvers()
    },

    isOnRecord: (attempt: string): boolean => underWay.has(attempt) || leftOver.has(attempt),

    /** Whether the container belongs to an unfinished attempt. */
    isMaking: ({ berth }: ContainerRecord): boolean => underWay.has(berth.attempt ?? ''),

    /** Whether it is still to be finished or removed. */
    isLeftOver: ({ berth }: ContainerRecord): boolean => leftOver.has(berth.attempt ?? ''),

    /** Finishes or removes it, now. */
    settle: (record: ContainerRecord): Promise<void> => settle(record.berth.attempt ?? '', record),

    /** Makes its container. An earlier attempt whose undo failed may still have the name. */
    async create(...[attempt, name, spec, signal]: Parameters<typeof create>): Promise<Created> {
      try {
        return await create(attempt, name, spec, signal)
      } catch (error) {
        if (!isAppError(error, 'CONTAINER_NAME_TAKEN') || !(await freeName(name))) throw error
      }
      return create(attempt, name, spec, signal)
    }
  }
}
