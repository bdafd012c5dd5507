// The rules of containers: permitted operations, their order, and their answers.

import type { Caller } from '../access/caller.ts'
import type { HeldBytes } from '../access/held-bytes.ts'
import { seenBy } from '../access/ownership.ts'
import type { Policy } from '../access/policy.ts'
import type { Config } from '../config.ts'
import type { ContainerRecord, EngineContainers } from '../engine/contract/containers.ts'
import type { EngineImages } from '../engine/contract/images.ts'
import type { EngineVolumes } from '../engine/contract/volumes.ts'
import type { EngineWorkloads } from '../engine/contract/workloads.ts'
import { AppError, isAppError } from '../errors.ts'
import { shortId } from '../inventory/ids.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { PortService } from '../ports/service.ts'
import { createChanges } from './changes.ts'
import type { Asked, Images } from './create.ts'
import type { CreateContainer } from './create-schema.ts'
import type { Expiry } from './expiry.ts'
import type { Creator } from './idempotency.ts'
import { checkName } from './plan.ts'
import type { Quota } from './quota.ts'
import type { Removal } from './removal.ts'
import { keptImage, type Replacer } from './replace.ts'
import type { UpdateContainer } from './request-schemas.ts'
import type { ChangedContainer, Container, CreatedContainer, RemovedContainer } from './schemas.ts'
import { createStarting, describeStart, type Started } from './starting.ts'
import { notRunning } from './view.ts'
import { createUpdating } from './update.ts'
import { createViews } from './views.ts'
import { isProbed, type Waiting, type WaitRequest } from './wait.ts'
import { createWorkload } from './workload.ts'

export type ContainerService = ReturnType<typeof createContainerService>

type Options = {
  engine: EngineContainers & EngineWorkloads & Pick<EngineImages, 'removeImage'> & Pick<EngineVolumes, 'removeVolume'>
  inventory: Inventory
  ports: PortService
  creator: Creator
  replacer: Replacer
  removal: Removal
  waiting: Waiting
  expiry: Expiry
  config: Config
  images: Images
  policy: Policy
  quota: Quota
  /** The container this server runs in, if it does. */
  ownId: string | undefined
  hold: HeldBytes
}

export function createContainerService(options: Options) {
  const { engine, inventory, creator, removal, waiting, expiry, config, ownId } = options
  const { view, list } = createViews(options)
  const changes = createChanges({ inventory, config, ownId })
  const startOnItsPorts = createStarting(options)
  const update = createUpdating({ ...options, changes })
  const workload = createWorkload({ engine, inventory, changes, config, hold: options.hold })

  const latest = async (record: ContainerRecord) => (await inventory.refresh(record.id)) ?? record

  async function changed(record: ContainerRecord, message: string): Promise<ChangedContainer> {
    return { ...view(await latest(record)), changed: true, message }
  }

  function unchanged(record: ContainerRecord, message: string): ChangedContainer {
    return { ...view(record), changed: false, message }
  }

  const start = (record: ContainerRecord) => startOnItsPorts(record, () => latest(record))

  function started(begun: Started, old: ContainerRecord, message = describeStart(begun)): ChangedContainer {
    const container = { ...view(begun.record), changed: true, message }
    if (!begun.again) return container
    const ports = begun.again.changes.map(({ containerPort, ...change }) => ({
      container_port: containerPort,
      ...change
    }))
    return { ...container, ...(ports.length > 0 && { changed_port: ports }), ...replacedBy(begun.record, old) }
  }

  /** Removes the resources of a removed container. A failure leaves litter but breaks no guarantee. */
  async function removeBelongings(record: ContainerRecord): Promise<void> {
    for (const volume of record.berth.anonymousVolumes) await engine.removeVolume(volume).catch(() => false)
    for (const replaced of record.berth.replaces) {
      await engine.removeImage(keptImage(replaced)).catch(() => false)
    }
  }

  async function removeNow(record: ContainerRecord): Promise<void> {
    await removal.remove(record.id, { volumes: true })
    await removeBelongings(record)
  }

  return {
    async create(caller: Caller, body: CreateContainer, asked: Asked, signal: AbortSignal): Promise<CreatedContainer> {
      const life = asked.key === undefined ? signal : unlessClientGone(signal)
      const { record, warnings, replayed } = await creator.create(caller, body, asked, life)
      return { ...view(record), warnings, replayed }
    },

    check: creator.check,
    list,
    /** As the engine has it, for features that look into it. */
    record: (caller: Caller, reference: string): ContainerRecord => inventory.find(reference, seenBy(caller)),
    /** The same, if it may be changed. */
    changeable: changes.find,
    get: (caller: Caller, reference: string): Container => view(inventory.find(reference, seenBy(caller))),

    start: (caller: Caller, reference: string, signal?: AbortSignal): Promise<ChangedContainer> =>
      changes.run(caller, reference, signal, async (record) => {
        // Its own ports are in use, which is no conflict.
        if (record.state === 'running' || record.state === 'restarting')
          return unchanged(record, `Container already ${record.state}`)
        if (record.state === 'paused') throw notRunning(record)
        return started(await start(record), record)
      }),

    stop: (
      caller: Caller,
      reference: string,
      timeoutSeconds: number | undefined,
      signal?: AbortSignal
    ): Promise<ChangedContainer> =>
      changes.run(caller, reference, signal, async (record, hurry) => {
        if (['exited', 'created', 'dead'].includes(record.state)) return unchanged(record, 'Container already stopped')
        await engine.stopContainer(record.id, timeoutSeconds ?? record.stopTimeoutSeconds, either(signal, hurry))
        const after = await changed(record, 'Container stopped')
        return after.exit_code === 137
          ? { ...after, message: 'Container stopped; it did not end by itself in time and was killed' }
          : after
      }),

    restart: (
      caller: Caller,
      reference: string,
      timeoutSeconds: number | undefined,
      signal?: AbortSignal
    ): Promise<ChangedContainer> =>
      changes.run(caller, reference, signal, async (record, hurry) => {
        await engine.stopContainer(record.id, timeoutSeconds ?? record.stopTimeoutSeconds, hurry)
        const stopped = await latest(record)
        const begun = await start(stopped)
        return started(begun, stopped, begun.again ? undefined : 'Container restarted')
      }),

    pause: (caller: Caller, reference: string, signal?: AbortSignal): Promise<ChangedContainer> =>
      changes.run(caller, reference, signal, async (record) => {
        if (record.state === 'paused') return unchanged(record, 'Container already paused')
        if (record.state !== 'running') throw notRunning(record)
        await engine.pauseContainer(record.id)
        return changed(record, 'Container paused')
      }),

    unpause: (caller: Caller, reference: string, signal?: AbortSignal): Promise<ChangedContainer> =>
      changes.run(caller, reference, signal, async (record) => {
        if (record.state === 'running') return unchanged(record, 'Container is not paused')
        if (record.state !== 'paused') throw notRunning(record)
        await engine.unpauseContainer(record.id)
        return changed(record, 'Container resumed')
      }),

    rename: (caller: Caller, reference: string, name: string, signal?: AbortSignal): Promise<ChangedContainer> => {
      checkName(name)
      return changes.run(caller, reference, signal, async (record) => {
        if (record.name === name) return unchanged(record, `Container is already called ${name}`)
        await engine.renameContainer(record.id, name)
        return changed(record, `Container was called ${record.name}`)
      })
    },

    remove: (caller: Caller, reference: string, force: boolean, signal?: AbortSignal): Promise<RemovedContainer> => {
      const remove = async (record: ContainerRecord) => {
        const runs = ['running', 'paused', 'restarting'].includes(record.state)
        if (runs && !force) {
          throw new AppError(
            'CONTAINER_RUNNING',
            `Container ${record.name} is ${record.state}. Stop it first, or remove it with force=true.`
          )
        }
        if (creator.isMaking(record) && !force) {
          throw new AppError(
            'CONTAINER_BUSY',
            `Container ${record.name} is being created. Wait for that, or remove it with force=true.`
          )
        }
        await removeNow(record)
        return { id: shortId(record.id), name: record.name, removed: true as const, message: 'Container removed' }
      }
      return changes.run(caller, reference, signal, remove, { isForced: force })
    },

    removeExpired: (id: string): Promise<void> =>
      changes.runByRule(id, async (record) => {
        // The change before this one may have renewed it.
        if (expiry.isOver(record)) await removeNow(record)
      }),

    async update(
      caller: Caller,
      reference: string,
      body: UpdateContainer,
      signal?: AbortSignal
    ): Promise<ChangedContainer> {
      const { record, message, isAnew, old } = await update(caller, reference, body, signal)
      return { ...view(record), changed: true, message, ...(isAnew && replacedBy(record, old)) }
    },

    async wait(caller: Caller, reference: string, request: WaitRequest) {
      await inventory.whenReady()
      // Waits connect only to ports of containers that Berth created.
      const { id } = isProbed(request.condition)
        ? changes.find(caller, reference)
        : inventory.find(reference, seenBy(caller))
      const started = performance.now()
      const record = await waiting.waitFor(id, request)
      return {
        container: record ? view(record) : null,
        reached: request.condition,
        waited_ms: Math.round(performance.now() - started)
      }
    },

    ...workload
  }
}

/** An engine may change the settings of a container in place. */
function replacedBy(made: ContainerRecord, old: ContainerRecord): { replaced?: string } {
  return made.id === old.id ? {} : { replaced: old.id }
}

function either(signal: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return signal ? AbortSignal.any([signal, other]) : other
}

/** A client with a key will retry, so its disconnect does not undo the work. */
function unlessClientGone(signal: AbortSignal): AbortSignal {
  const stopped = new AbortController()
  const abort = () => {
    if (!isAppError(signal.reason, 'REQUEST_CANCELLED')) stopped.abort(signal.reason)
  }
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort)
  return stopped.signal
}
