// Every create is written down before the engine hears of it and struck out when it is answered. What is left over names
// a half-made container: after a crash, a lost answer, or a removal that failed because the engine was away. The volumes
// that an attempt made carry its label, too.

import type { EngineAvailability } from '../engine/contract/availability.ts'
import type { EngineVolumes } from '../engine/contract/volumes.ts'
import { isAppError } from '../errors.ts'
import type { ContainerRecord, EngineContainers } from '../engine/contract/containers.ts'
import { labelFilter } from '../engine/labels.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { finalName } from './newcomer.ts'

type IntentTable = {
  add(attempt: string, now: number): void
  remove(attempt: string): void
  all(): { attempt: string; createdAt: number }[]
}
type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void }

export type Attempts = ReturnType<typeof createAttempts>

// An engine that hung may carry out an old create when it wakes.
const REMEMBER_MS = 10 * 60_000
const FIND_MS = 5_000
const RETRY_MS = 2_000
const LOOK_MS = 60_000

export function createAttempts({
  engine,
  inventory,
  table,
  log
}: {
  engine: Pick<EngineContainers, 'listContainers' | 'removeContainer' | 'renameContainer' | 'startContainer'> &
    Pick<EngineVolumes, 'listVolumes' | 'removeVolume'> &
    Pick<EngineAvailability, 'whenAvailable'>
  inventory: Inventory
  table: IntentTable
  log: Log
}) {
  const leftOver = new Map(table.all().map(({ attempt, createdAt }) => [attempt, createdAt]))
  const underWay = new Set<string>()
  const settling = new Set<string>()
  let next: { at: number; timer: NodeJS.Timeout } | undefined

  function forget(attempt: string): void {
    leftOver.delete(attempt)
    table.remove(attempt)
  }

  async function settle(record: ContainerRecord, attempt: string): Promise<void> {
    if (settling.has(attempt)) return
    settling.add(attempt)
    try {
      await (record.berth.replaces.length > 0 ? settleReplacement(record) : settleCreate(record))
      forget(attempt)
      log.info({ containerId: record.id, name: record.name }, 'half-made container of an earlier attempt settled')
    } catch (err) {
      log.warn({ err, containerId: record.id }, 'half-made container could not be settled; it is tried again')
      lookAgain(RETRY_MS)
    } finally {
      settling.delete(attempt)
    }
  }

  /** With a key the client will ask again, so the container is finished for it; without one nobody knows of it. */
  async function settleCreate(record: ContainerRecord): Promise<void> {
    if (record.berth.key === null) await removeWithVolumes(record)
    else if (record.state === 'created' && record.berth.start) await finish(record)
  }

  async function removeWithVolumes(record: ContainerRecord): Promise<void> {
    await remove(record, true)
    await removeVolumesOf(record.berth.attempt ?? '')
  }

  /** Those that it made, unless somebody else has come to use them. */
  async function removeVolumesOf(attempt: string): Promise<void> {
    for (const name of await engine.listVolumes({ label: labelFilter('attempt', attempt) }))
      await engine.removeVolume(name).catch(() => false)
  }

  /** While the old container is there it is the whole one; once it is gone the newcomer is, and only lacks its name. */
  async function settleReplacement(record: ContainerRecord): Promise<void> {
    const [oldId = ''] = record.berth.replaces
    if (await inventory.refresh(oldId)) return remove(record, false)
    const name = finalName(record.name)
    if (name === undefined) return
    await engine.renameContainer(record.id, name)
    await inventory.refresh(record.id)
  }

  async function remove(record: ContainerRecord, volumes: boolean): Promise<void> {
    await engine.removeContainer(record.id, { force: true, volumes })
    inventory.removed(record.id)
  }

  async function finish(record: ContainerRecord): Promise<void> {
    try {
      await engine.startContainer(record.id)
      await inventory.refresh(record.id)
    } catch (error) {
      if (!isAppError(error, 'PORT_UNAVAILABLE', 'CONTAINER_START_FAILED')) throw error
      await removeWithVolumes(record)
    }
  }

  /** It came no further than its volumes; or the engine hung, and its container is still to come. */
  async function settleWithoutContainer(attempt: string, createdAt: number): Promise<void> {
    try {
      await removeVolumesOf(attempt)
      if (Date.now() - createdAt > REMEMBER_MS) forget(attempt)
    } catch (err) {
      log.warn({ err, attempt }, 'the volumes of an earlier attempt could not be looked for')
    }
  }

  /** Whether a failed attempt left its container, as a replacement does whose last step failed. */
  function hasContainer(attempt: string): boolean {
    for (const record of inventory.all()) if (record.berth.attempt === attempt) return true
    return false
  }

  /** What gives no sign of itself is looked for: no event tells of a removal that the engine did not carry out. */
  function lookAgain(afterMs: number): void {
    const at = performance.now() + afterMs
    if (next && next.at <= at) return
    clearTimeout(next?.timer)
    const look = () => {
      next = undefined
      // While the engine is away nothing can be done; the first full reading after it comes by itself.
      if (inventory.staleMs() === null) settleLeftOvers()
    }
    next = { at, timer: setTimeout(look, afterMs).unref() }
  }

  function settleLeftOvers(): void {
    if (leftOver.size === 0) return
    lookAgain(LOOK_MS)
    const found = new Set<string>()
    for (const record of inventory.all()) {
      const { attempt } = record.berth
      if (attempt === null || !leftOver.has(attempt)) continue
      found.add(attempt)
      void settle(record, attempt)
    }
    for (const [attempt, createdAt] of leftOver)
      if (!found.has(attempt)) void settleWithoutContainer(attempt, createdAt)
  }

  inventory.onSync(settleLeftOvers)
  inventory.onChange(({ after }) => {
    const attempt = after?.berth.attempt
    if (after && attempt && leftOver.has(attempt)) void settle(after, attempt)
  })

  return {
    /** Runs one attempt. When it fails and something may be left of it, that is seen to as soon as it shows. */
    async run<T>(attempt: string, task: () => Promise<T>): Promise<T> {
      const startedAt = Date.now()
      table.add(attempt, startedAt)
      underWay.add(attempt)
      try {
        const result = await task()
        table.remove(attempt)
        return result
      } catch (error) {
        const isUncertain = isAppError(error, 'ENGINE_TIMEOUT', 'ENGINE_UNAVAILABLE', 'ENGINE_FAILED')
        if (isUncertain || hasContainer(attempt)) {
          leftOver.set(attempt, startedAt)
          lookAgain(RETRY_MS)
        } else table.remove(attempt)
        throw error
      } finally {
        underWay.delete(attempt)
      }
    },

    /** Whether the container is of an attempt that has not come to its end. */
    isMaking: ({ berth }: ContainerRecord): boolean => underWay.has(berth.attempt ?? ''),

    /** The container of an attempt, when the engine's answer to its create was lost. */
    async find(attempt: string): Promise<string | undefined> {
      try {
        await engine.whenAvailable(AbortSignal.timeout(FIND_MS))
        const [found] = await engine.listContainers({ label: labelFilter('attempt', attempt) })
        return found?.id
      } catch {
        return undefined
      }
    },

    settleLeftOvers
  }
}
