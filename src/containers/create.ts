// One call creates a ready workload, or leaves nothing behind. docs/architecture.md has the steps.

import { namesOf, type Caller } from '../access/caller.ts'
import { isAdmin, ownerOf } from '../access/ownership.ts'
import type { Amounts, Policy } from '../access/policy.ts'
import type { Config } from '../config.ts'
import type { EngineAvailability } from '../engine/contract/availability.ts'
import type { ContainerRecord, ContainerSpec, EngineContainers } from '../engine/contract/containers.ts'
import type { ImageRecord, Transfer } from '../engine/contract/images.ts'
import type { RegistryLogin } from '../engine/contract/registry-login.ts'
import { NO_NETWORK } from '../engine/network-names.ts'
import { AppError, cancellation, isAppError } from '../errors.ts'
import type { PortService } from '../ports/service.ts'
import type { Attempts } from './attempts.ts'
import type { Created } from './creation.ts'
import type { Expiry } from './expiry.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { bindPorts, buildSpec, checkClosed, checkCreate, generateName, wantedPorts } from './plan.ts'
import type { Quota } from './quota.ts'
import type { Removal } from './removal.ts'
import type { CreateContainer } from './create-schema.ts'
import type { Undo } from './undo.ts'
import { checkMade } from './verify.ts'
import type { Volumes } from './volumes.ts'
import type { Waiting } from './wait.ts'

export type Made = { record: ContainerRecord; warnings: string[] }
/** The context of a create, besides its body. `onProgress` gets the progress of a pull. */
export type Asked = { key: string | undefined; onProgress?: Transfer['onProgress'] }
/** The caller; with a key, the name derived from it and the hash of the request. */
export type Origin = Asked & { caller: Caller; fixedName?: string; requestHash: string }
export type Maker = ReturnType<typeof createMaker>

export type Images = {
  find(
    caller: Caller,
    reference: string,
    how: {
      pull: 'missing' | 'always' | 'never'
      signal: AbortSignal
      onProgress?: Transfer['onProgress']
      beforePull: () => void
    }
  ): Promise<ImageRecord>
  /** Makes it available to every machine, and returns the name to use. */
  share(
    caller: Caller,
    reference: string,
    image: ImageRecord,
    how: { signal: AbortSignal; onProgress?: Transfer['onProgress'] }
  ): Promise<{ image: string; login?: RegistryLogin }>
}
export type Networks = {
  /** The network that a container joins, undefined for the engine's default, and whether it has no inbound traffic. */
  place(caller: Caller, asked: string | undefined): Promise<{ network: string | undefined; isClosed: boolean }>
}

type Options = {
  engine: Pick<EngineContainers, 'startContainer'> & Pick<EngineAvailability, 'whenAvailable'>
  inventory: Inventory
  ports: PortService
  attempts: Attempts
  removal: Removal
  volumes: Volumes
  waiting: Waiting
  expiry: Expiry
  images: Images
  networks: Networks
  policy: Policy
  quota: Quota
  config: Config
  instanceId: string
  publishHost: string
}

const MAX_NAMES = 20
const DEFAULT_WAIT_SECONDS = 30

export function createMaker(options: Options) {
  const { engine, inventory, ports, attempts, removal, volumes, waiting, expiry, images, networks, policy } = options
  const { quota, config } = options

  /** Throws for containers that are not permitted, before any image is known. */
  function check(body: CreateContainer): void {
    checkCreate(body, config)
    policy.check({
      images: [body.image ?? config.defaultImage],
      labels: Object.keys(body.labels ?? {}),
      volumes: (body.volumes ?? []).map(({ source }) => source),
      networks: body.network === undefined || body.network === NO_NETWORK ? [] : [body.network]
    })
  }

  async function make(body: CreateContainer, origin: Origin, signal: AbortSignal): Promise<Made> {
    const { network, isClosed } = await networks.place(origin.caller, body.network)
    if (isClosed) checkClosed(body)
    const image = body.image ?? config.defaultImage
    const found = await images.find(origin.caller, image, {
      pull: body.pull ?? 'missing',
      signal,
      onProgress: origin.onProgress,
      beforePull: () => checkMayPull(origin.caller, image)
    })
    const runtime = policy.runtimeFor({
      tokens: namesOf(origin.caller),
      images: [image, ...found.tags],
      asked: body.runtime
    })
    const wanted = isClosed ? [] : wantedPorts(body, found)
    const shared = await images.share(origin.caller, image, found, { signal, onProgress: origin.onProgress })

    return ports.withLeases(wanted, (leases, attempt) =>
      attempts.run(attempt, async (undo) => {
        const { caller, key, requestHash } = origin
        const owner = { ...ownerOf(caller), shared: body.shared ?? false }
        const spec = buildSpec({
          body,
          network,
          image,
          shared,
          imageCheck: found.healthcheck,
          ports: bindPorts(wanted, leases, options.publishHost),
          ceilings: config,
          runtime,
          identity: { instanceId: options.instanceId, owner, attempt, idempotencyKey: key, requestHash }
        })
        await volumes.make(caller, body, attempt, undo)
        const create = () => createContainer(spec, body.name ?? origin.fixedName, { attempt, undo, signal })
        const { id, warnings } = (body.start ?? true) ? await createStarted(create, signal) : await create()
        const made = await look(id, spec)
        // Not before the inventory knows it, which deletes its date when it goes. Until then its label counts.
        if (body.ttl_seconds !== undefined) await expiry.set(id, body.ttl_seconds)
        const ready = await waitUntilReady(id, body, signal)
        if (signal.aborted) throw cancellation(signal)
        const record = ready ?? inventory.get(id) ?? made
        return { record, warnings: [...warnings, ...(await waiting.lastWords(record))] }
      })
    )
  }

  /** An engine that is killed during the start may keep a task under that id, which blocks every later start. */
  async function createStarted(create: () => Promise<Created>, signal: AbortSignal): Promise<Created> {
    const first = await create()
    try {
      await start(first.id, signal)
      return first
    } catch (error) {
      if (!isAppError(error, 'CONTAINER_STUCK')) throw error
      await removal.remove(first.id, { volumes: true })
    }
    const second = await create()
    await start(second.id, signal)
    return second
  }

  async function createContainer(
    spec: ContainerSpec,
    name: string | undefined,
    { attempt, undo, signal }: { attempt: string; undo: Undo; signal: AbortSignal }
  ): Promise<Created> {
    const made = await createUnder(name, (tried) => attempts.create(attempt, tried, spec, signal))
    undo.add('remove the container', async () =>
      (await removal.remove(made.id, { volumes: true })) ? 'undone' : 'not needed'
    )
    return made
  }

  /** If a generated name is taken, another one is generated. */
  async function createUnder<T>(name: string | undefined, task: (name: string) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await task(name ?? generateName(Date.now()))
      } catch (error) {
        const isOurs = name === undefined && isAppError(error, 'CONTAINER_NAME_TAKEN')
        if (!isOurs || tries === MAX_NAMES) throw error
      }
    }
  }

  /** Starting is idempotent, so a start with a lost answer is repeated. */
  function start(id: string, signal: AbortSignal): Promise<void> {
    return inventory.holding(id, async () => {
      try {
        await engine.startContainer(id, signal)
      } catch (error) {
        if (!isAppError(error, 'ENGINE_UNAVAILABLE', 'ENGINE_ANSWER_INVALID')) throw error
        await engine.whenAvailable(AbortSignal.timeout(5_000)).catch(() => {})
        await engine.startContainer(id, signal)
      }
    })
  }

  async function look(id: string, spec: ContainerSpec): Promise<ContainerRecord> {
    const record = await inventory.refresh(id)
    if (!record) throw new AppError('CONTAINER_NOT_FOUND', `Container ${id} was removed while it was being created.`)
    checkMade(record, spec)
    return record
  }

  async function waitUntilReady(
    id: string,
    body: CreateContainer,
    signal: AbortSignal
  ): Promise<ContainerRecord | undefined> {
    const condition = body.wait ?? 'running'
    // `running` waits only for the engine's answer to the start: a short task may already have ended.
    if (condition === 'none' || condition === 'running') return undefined
    const timeoutMs = (body.wait_timeout_seconds ?? DEFAULT_WAIT_SECONDS) * 1000
    return waiting.waitFor(id, { condition, path: body.wait_path ?? '/', timeoutMs, signal })
  }

  return {
    check,
    waitUntilReady,
    make: (body: CreateContainer, origin: Origin, signal: AbortSignal): Promise<Made> =>
      quota.holding(origin.caller.tokenId, amountsOf(body, config), () => make(body, origin, signal))
  }
}

export function checkMayPull(caller: Caller, image: string): void {
  if (isAdmin(caller) || caller.scopes.includes('images:write')) return
  throw new AppError(
    'FORBIDDEN',
    `The image ${image} must be pulled, but the token "${caller.name}" lacks the scope "images:write". Have it pulled first, or use a token with that scope.`,
    { facts: { scope: 'images:write' } }
  )
}

/** A request without `ports` gets one port. */
function amountsOf({ ports, memory, cpus }: CreateContainer, { memoryDefault, cpusDefault }: Config): Amounts {
  return { containers: 1, ports: ports?.length ?? 1, memory: memory ?? memoryDefault, cpus: cpus ?? cpusDefault }
}
