// The rules of containers: what may be done to which, in what order, and what is said about it.

import type { Config } from '../config.ts'
import type { ContainerRecord, EngineContainers } from '../engine/contract/containers.ts'
import type { EngineImages } from '../engine/contract/images.ts'
import type { EngineVolumes } from '../engine/contract/volumes.ts'
import type { EngineWorkloads, ExecResult, LogLine, LogQuery } from '../engine/contract/workloads.ts'
import { AppError, cancellation, isAppError } from '../errors.ts'
import { createKeyedLock } from '../lib/keyed-lock.ts'
import type { PortService } from '../ports/service.ts'
import type { Expiry } from './expiry.ts'
import type { Creator } from './idempotency.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { selectContainers } from './list.ts'
import { checkUpdate } from './plan.ts'
import { lastOf } from './logs.ts'
import type { Removal } from './removal.ts'
import { keptImage, type PortChange, type Replacer } from './replace.ts'
import type { CreateContainer, ExecCommand, ListContainersQuery, UpdateContainer } from './request-schemas.ts'
import type { ChangedContainer, Container, CreatedContainer, RemovedContainer } from './schemas.ts'
import { shortId, viewContainer } from './view.ts'
import { checkApplied } from './verify.ts'
import type { Waiting, WaitRequest } from './wait.ts'

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
  /** The container this server runs in, if it does. */
  ownId: string | undefined
}

type ListPage = { json: Buffer; total: number; nextCursor: string | undefined }

const EXEC_OUTPUT_BYTES = 1024 ** 2
const DEFAULT_EXEC_SECONDS = 30

export function createContainerService(options: Options) {
  const { engine, inventory, ports, creator, replacer, removal, waiting, expiry, config, ownId } = options
  const inOrder = createKeyedLock()

  function view(record: ContainerRecord): Container {
    const end = expiry.expiresAt(record)
    const container = viewContainer(record, end === null ? null : new Date(end).toISOString())
    const age = inventory.staleMs(record.id)
    return age === null ? container : { ...container, stale: true, age_ms: age }
  }

  let whole: (ListPage & { version: number }) | undefined
  const written = new WeakMap<ContainerRecord, { end: number | null; json: string }>()

  /** An age is another at every look, so nothing that shows one is kept. */
  const isUpToDate = () => inventory.staleMs() === null && inventory.unreadMs().length === 0

  /** A record never changes, another takes its place; so its JSON holds as long as its end date does. */
  function writtenOut(record: ContainerRecord): string {
    if (inventory.staleMs(record.id) !== null) return JSON.stringify(view(record))
    const end = expiry.expiresAt(record)
    const known = written.get(record)
    if (known?.end === end) return known.json
    const json = JSON.stringify(view(record))
    written.set(record, { end, json })
    return json
  }

  /** The container, if it may be changed. */
  function findChangeable(reference: string): ContainerRecord {
    const record = inventory.find(reference)
    if (record.id === ownId)
      throw new AppError('CONTAINER_IS_BERTH', 'This container is Berth itself; it does not stop or remove itself.')
    if (!record.berth.managed && !config.manageForeign) {
      throw new AppError(
        'CONTAINER_NOT_MANAGED',
        `Container ${record.name} was not made by Berth. BERTH_MANAGE_FOREIGN=true allows to change such containers.`
      )
    }
    return record
  }

  /**
   * One change of a container after the other, each on what the one before left. One that is cancelled while it waits is never
   * begun; one that was begun is finished, since half of it would leave more to clean up.
   */
  async function changing<T>(
    reference: string,
    signal: AbortSignal | undefined,
    task: (record: ContainerRecord) => Promise<T>
  ): Promise<T> {
    await inventory.whenReady()
    const found = findChangeable(reference)
    return inOrder(firstId(found), async () => {
      if (signal?.aborted) throw cancellation(signal)
      // It may have been replaced or removed meanwhile, and its name given to another.
      const record = await inventory.refresh(findChangeable(found.id).id)
      if (!record)
        throw new AppError('CONTAINER_NOT_FOUND', `There is no container with the id or name "${reference}".`)
      return inventory.holding(record.id, () => task(record))
    })
  }

  async function changed(record: ContainerRecord, message: string): Promise<ChangedContainer> {
    const after = (await inventory.refresh(record.id)) ?? record
    return { ...view(after), changed: true, message }
  }

  function unchanged(record: ContainerRecord, message: string): ChangedContainer {
    return { ...view(record), changed: false, message }
  }

  /** Starts on the ports the container had. When that can no longer be, it is made again. */
  async function startOnItsPorts(record: ContainerRecord): Promise<ChangedContainer> {
    try {
      const started = await ports.withOwnPorts(record, async () => {
        await engine.startContainer(record.id)
        return changed(record, 'Container started')
      })
      return started ?? (await makeAgain(record, 'since its own ports had been taken'))
    } catch (error) {
      // It does not run and never will: nothing but its files is left of it, and those are kept.
      if (!isAppError(error, 'CONTAINER_STUCK') || !record.berth.managed) throw error
      return makeAgain(record, 'since the engine could no longer start it')
    }
  }

  async function makeAgain(record: ContainerRecord, reason: string): Promise<ChangedContainer> {
    if (!record.berth.managed) {
      throw new AppError(
        'PORT_UNAVAILABLE',
        `A port of ${record.name} is taken, and Berth does not make other people's containers anew.`
      )
    }
    const { record: made, changes } = await replacer.replace(record)
    const where = changes.length > 0 ? `on other ports, ${reason}: ${describeChanges(changes)}` : `anew, ${reason}`
    return {
      ...view(made),
      changed: true,
      message: `Container started ${where}`,
      ...(changes.length > 0 && {
        changed_port: changes.map(({ containerPort, ...change }) => ({ container_port: containerPort, ...change }))
      }),
      replaced: record.id
    }
  }

  /** What came with the container and goes with it; a failure here leaves litter but no broken promise. */
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
    /** `owner` is the id of the token that asks, if it has one. */
    async create(
      body: CreateContainer,
      key: string | undefined,
      signal: AbortSignal,
      owner: string | null
    ): Promise<CreatedContainer> {
      const life = key === undefined ? signal : unlessClientGone(signal)
      const { record, warnings, replayed } = await creator.create(body, key, life, owner)
      return { ...view(record), warnings, replayed }
    },

    /** The page as JSON. What did not change since it was last asked for is not written out again. */
    list(query: ListContainersQuery): ListPage {
      const isWhole = Object.keys(query).length === 0 && isUpToDate()
      if (isWhole && whole?.version === inventory.version()) return whole
      const version = inventory.version()
      const { records, total, nextCursor } = selectContainers([...inventory.all()], query)
      const page = { json: Buffer.from(`[${records.map(writtenOut).join(',')}]`), total, nextCursor }
      if (isWhole) whole = { ...page, version }
      return page
    },

    get: (reference: string): Container => view(inventory.find(reference)),

    start: (reference: string, signal?: AbortSignal): Promise<ChangedContainer> =>
      changing(reference, signal, async (record) => {
        // Its ports are its own and in use, which must not be taken for a conflict.
        if (record.state === 'running' || record.state === 'restarting')
          return unchanged(record, `Container already ${record.state}`)
        if (record.state === 'paused') throw notRunning(record)
        return startOnItsPorts(record)
      }),

    stop: (reference: string, timeoutSeconds: number | undefined, signal?: AbortSignal): Promise<ChangedContainer> =>
      changing(reference, signal, async (record) => {
        if (['exited', 'created', 'dead'].includes(record.state)) return unchanged(record, 'Container already stopped')
        await engine.stopContainer(record.id, timeoutSeconds ?? record.stopTimeoutSeconds, signal)
        const after = await changed(record, 'Container stopped')
        return after.exit_code === 137
          ? { ...after, message: 'Container stopped; it did not end by itself in time and was killed' }
          : after
      }),

    restart: (reference: string, timeoutSeconds: number | undefined, signal?: AbortSignal): Promise<ChangedContainer> =>
      changing(reference, signal, async (record) => {
        await engine.stopContainer(record.id, timeoutSeconds ?? record.stopTimeoutSeconds)
        const stopped = (await inventory.refresh(record.id)) ?? record
        const started = await startOnItsPorts(stopped)
        return started.replaced ? started : { ...started, message: 'Container restarted' }
      }),

    remove: (reference: string, force: boolean, signal?: AbortSignal): Promise<RemovedContainer> =>
      changing(reference, signal, async (record) => {
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
            `Container ${record.name} is just being made. Wait for that, or remove it with force=true.`
          )
        }
        await removeNow(record)
        return { id: shortId(record.id), name: record.name, removed: true, message: 'Container removed' }
      }),

    /** For what removes containers by rule and not by request. */
    async removeExpired(id: string): Promise<void> {
      const found = inventory.get(id)
      if (!found) return
      await inOrder(firstId(found), async () => {
        const record = inventory.get(id)
        // It may have been given more time by the change that this one waited for.
        if (record && record.id !== ownId && expiry.isOver(record)) await removeNow(record)
      })
    },

    update: (reference: string, body: UpdateContainer, signal?: AbortSignal): Promise<ChangedContainer> => {
      checkUpdate(body, config)
      return changing(reference, signal, async (record) => {
        const { memory, cpus, pids_limit: pids, restart, ttl_seconds: ttl } = body
        if (ttl !== undefined) expiry.checkOwn(record)
        const update = {
          ...(memory !== undefined && { memoryBytes: memory }),
          ...(cpus !== undefined && { cpus }),
          ...(pids !== undefined && { pids }),
          ...(restart !== undefined && { restart })
        }
        if (Object.keys(update).length > 0) await engine.updateContainer(record.id, update)
        if (ttl !== undefined) expiry.set(record.id, ttl)
        const after = (await inventory.refresh(record.id)) ?? record
        if (after.berth.managed) checkApplied(after, update)
        return { ...view(after), changed: true, message: 'Container changed' }
      })
    },

    async wait(reference: string, request: WaitRequest) {
      await inventory.whenReady()
      const { id } = inventory.find(reference)
      const started = performance.now()
      const record = await waiting.waitFor(id, request)
      return {
        container: record ? view(record) : null,
        reached: request.condition,
        waited_ms: Math.round(performance.now() - started)
      }
    },

    logs(
      reference: string,
      query: LogQuery,
      signal: AbortSignal
    ): { record: ContainerRecord; lines: AsyncIterable<LogLine> } {
      const record = inventory.find(reference)
      const { tail, stdout, stderr, follow } = query
      // The engine counts the last lines of both streams and then leaves one out.
      if (tail === undefined || follow || stdout === stderr)
        return { record, lines: engine.containerLogs(record.id, record.tty, query, signal) }
      const all = engine.containerLogs(record.id, record.tty, { ...query, tail: undefined }, signal)
      return { record, lines: lastOf(all, tail) }
    },

    /** Why the output of a container came to its end. */
    async ending(id: string): Promise<{ reason: string; exit_code: number | null }> {
      const record = await inventory.refresh(id)
      return {
        reason: !record || record.state === 'removing' ? 'removed' : record.state,
        exit_code: record?.exitCode ?? null
      }
    },

    async top(reference: string, signal?: AbortSignal) {
      const record = inventory.find(reference)
      if (record.state !== 'running') throw notRunning(record)
      return engine.containerProcesses(record.id, signal)
    },

    async exec(reference: string, body: ExecCommand, signal: AbortSignal): Promise<ExecResult> {
      if (!config.exec)
        throw new AppError(
          'EXEC_DISABLED',
          'Running commands in containers is switched off. BERTH_EXEC=true switches it on.'
        )
      const record = findChangeable(reference)
      if (record.state !== 'running') throw notRunning(record)
      const seconds = body.timeout_seconds ?? DEFAULT_EXEC_SECONDS
      const deadline = AbortSignal.any([AbortSignal.timeout(seconds * 1000), signal])
      const asked = { command: body.command, env: body.env ?? {}, workingDir: body.working_dir, user: body.user }
      return engine.exec(record.id, asked, { bytes: EXEC_OUTPUT_BYTES, signal: deadline })
    }
  }
}

/** A client that uses a key means to ask again, so its going away does not undo the work. */
function unlessClientGone(signal: AbortSignal): AbortSignal {
  const stopped = new AbortController()
  const abort = () => {
    if (!isAppError(signal.reason, 'REQUEST_CANCELLED')) stopped.abort(signal.reason)
  }
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort)
  return stopped.signal
}

/** The same for a container and all that took its place, so that their changes wait for each other. */
function firstId({ id, berth }: ContainerRecord): string {
  return berth.replaces.at(-1) ?? id
}

function notRunning(record: ContainerRecord): AppError {
  return new AppError('CONTAINER_NOT_RUNNING', `Container ${record.name} is ${record.state}.`, {
    facts: { state: record.state }
  })
}

function describeChanges(changes: PortChange[]): string {
  return changes.map(({ containerPort, from, to }) => `${containerPort} was on ${from} and is on ${to}`).join(', ')
}
