// One call makes a ready workload, or leaves nothing behind: image, ports, volumes, container, start, wait; each step is
// undone when a later one fails.

import { randomUUID } from 'node:crypto'
import type { Policy } from '../access/policy.ts'
import type { Config } from '../config.ts'
import type { EngineAvailability } from '../engine/contract/availability.ts'
import type { ContainerRecord, ContainerSpec, EngineContainers } from '../engine/contract/containers.ts'
import type { ImageRecord } from '../engine/contract/images.ts'
import type { EngineVolumes } from '../engine/contract/volumes.ts'
import { NO_NETWORK } from '../engine/network-names.ts'
import { AppError, cancellation, isAppError } from '../errors.ts'
import type { Lease } from '../ports/allocator.ts'
import { sleep } from '../lib/sleep.ts'
import type { PortService } from '../ports/service.ts'
import type { Attempts } from './attempts.ts'
import type { Expiry } from './expiry.ts'
import { fingerprintOf, isSameRequest, type Fingerprint } from './fingerprint.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { bindPorts, buildSpec, checkClosed, checkCreate, generateName, wantedPorts, type WantedPort } from './plan.ts'
import { createQuota } from './quota.ts'
import type { CreateContainer } from './request-schemas.ts'
import { checkMade } from './verify.ts'
import { createVolumes } from './volumes.ts'
import type { Waiting } from './wait.ts'

export type Created = { record: ContainerRecord; warnings: string[]; replayed: boolean }
/** Who asked, and with which key. */
type Origin = { owner: string | null; key: string | undefined; print: Fingerprint }
export type Creator = ReturnType<typeof createCreator>

type Options = {
  engine: EngineContainers & EngineVolumes & Pick<EngineAvailability, 'whenAvailable'>
  inventory: Inventory
  ports: PortService
  attempts: Attempts
  waiting: Waiting
  expiry: Expiry
  images: { find(reference: string, pull: 'missing' | 'always' | 'never', signal: AbortSignal): Promise<ImageRecord> }
  networks: { isClosed(name: string): Promise<boolean> }
  policy: Policy
  config: Config
  instanceId: string
  publishHost: string
}

const MAX_TRIES = 20
const MAX_KEY_TRIES = 3
const DEFAULT_WAIT_SECONDS = 30

export function createCreator(options: Options) {
  const {
    engine,
    inventory,
    ports,
    attempts,
    waiting,
    expiry,
    images,
    networks,
    policy,
    config,
    instanceId,
    publishHost
  } = options
  const quota = createQuota({ inventory, policy })
  const volumes = createVolumes({ engine, instanceId })
  const underWay = new Map<string, { meant: string; result: Promise<Created> }>()

  /** Throws for what may not be made, whatever there is to make it from. */
  function check(body: CreateContainer): void {
    checkCreate(body, config)
    policy.check({
      images: [body.image ?? config.defaultImage],
      volumes: (body.volumes ?? []).map(({ source }) => source),
      networks: body.network === undefined || body.network === NO_NETWORK ? [] : [body.network]
    })
  }

  /** With a key, the same key and request give the same container: while it is made, later, and after a crash. */
  async function create(
    body: CreateContainer,
    key: string | undefined,
    signal: AbortSignal,
    owner: string | null
  ): Promise<Created> {
    check(body)
    await inventory.whenReady()
    const print = fingerprintOf(body, config)
    if (key === undefined) return make(body, { key, print, owner }, signal)

    const same = underWay.get(ownedKey(key, owner))
    if (same) {
      sameRequest(key, same.meant, print)
      return { ...(await same.result), replayed: true }
    }
    const result = makeOnce(body, { key, print, owner }, signal).finally(() => underWay.delete(ownedKey(key, owner)))
    underWay.set(ownedKey(key, owner), { meant: print.meant, result })
    return result
  }

  async function makeOnce(
    body: CreateContainer,
    origin: Origin & { key: string },
    signal: AbortSignal
  ): Promise<Created> {
    const { key, owner } = origin
    for (let tries = 1; ; tries++) {
      const known = findByKey(key, owner) ?? (tries > 1 ? await seekHolder(body, origin) : undefined)
      try {
        return await (known ? adopt(known, body, origin, signal) : make(body, origin, signal))
      } catch (error) {
        // Another server may have been asked with the same key, too.
        if (!isAppError(error, 'CONTAINER_NAME_TAKEN') || tries === MAX_KEY_TRIES) throw error
      }
    }
  }

  /** Who has the name that the key's container is to have. The engine reserves a name well before it shows its container. */
  async function seekHolder(
    body: CreateContainer,
    { key, owner }: Origin & { key: string }
  ): Promise<ContainerRecord | undefined> {
    for (let pause = 25; pause < 3_000; pause *= 2) {
      const holder = await inventory.refresh(body.name ?? generateName(0, ownedKey(key, owner)))
      if (holder) return hasKey(holder, key, owner) ? holder : undefined
      await sleep(pause)
    }
    return undefined
  }

  function findByKey(key: string, owner: string | null): ContainerRecord | undefined {
    for (const record of inventory.all()) if (hasKey(record, key, owner)) return record
    return undefined
  }

  /** The container that carries the key: finished if a crash left it half-made. */
  async function adopt(
    record: ContainerRecord,
    body: CreateContainer,
    origin: Origin & { key: string },
    signal: AbortSignal
  ): Promise<Created> {
    sameRequest(origin.key, record.berth.requestHash, origin.print)
    if (record.state === 'created' && (body.start ?? true)) {
      try {
        await engine.startContainer(record.id)
      } catch (error) {
        if (!isAppError(error, 'PORT_UNAVAILABLE')) throw error
        // Its port went to somebody else since: made anew it gets another.
        await engine.removeContainer(record.id, { force: true, volumes: true })
        inventory.removed(record.id)
        return { ...(await make(body, origin, signal)), replayed: true }
      }
    }
    const current = (await inventory.refresh(record.id)) ?? record
    const ready = current.state === 'running' ? await waitUntilReady(current.id, body, signal) : current
    return { record: ready ?? current, warnings: [], replayed: true }
  }

  async function make(body: CreateContainer, origin: Origin, signal: AbortSignal): Promise<Created> {
    return quota.holding(origin.owner, () => makeWithin(body, origin, signal))
  }

  async function makeWithin(body: CreateContainer, origin: Origin, signal: AbortSignal): Promise<Created> {
    const isClosed = body.network !== undefined && (await networks.isClosed(body.network))
    if (isClosed) checkClosed(body)
    const image = await images.find(body.image ?? config.defaultImage, body.pull ?? 'missing', signal)
    return tryPorts(body, isClosed ? [] : wantedPorts(body, image), origin, signal)
  }

  /** A port is only proved at the start: when the engine finds it taken, the container is made again with the next one. */
  async function tryPorts(
    body: CreateContainer,
    wanted: WantedPort[],
    { key, print, owner }: Origin,
    signal: AbortSignal
  ): Promise<Created> {
    for (let tries = 1; ; tries++) {
      const attempt = randomUUID()
      const name = body.name ?? generateName(Date.now(), key === undefined ? undefined : ownedKey(key, owner))
      const leases = await ports.lease(wanted, attempt)
      quota.begun(attempt)
      try {
        const spec = buildSpec({
          body,
          image: body.image ?? config.defaultImage,
          ports: bindPorts(wanted, leases, publishHost),
          ceilings: config,
          identity: { instanceId, owner, attempt, idempotencyKey: key, requestHash: print.meant }
        })
        return await attempts.run(attempt, () => makeWithVolumes(name, spec, body, attempt, signal))
      } catch (error) {
        const isOurName = body.name === undefined && key === undefined
        if (isOurName && isAppError(error, 'CONTAINER_NAME_TAKEN') && tries < MAX_TRIES) continue
        if (!isAppError(error, 'PORT_UNAVAILABLE')) throw error
        const taken = takenLease(error, leases)
        if (!taken || tries === MAX_TRIES || wanted[leases.indexOf(taken)]?.hostPort !== undefined) throw error
        taken.block('the engine found it taken by somebody else')
      } finally {
        quota.ended(attempt)
        for (const lease of leases) lease.release()
      }
    }
  }

  async function makeWithVolumes(
    name: string,
    spec: ContainerSpec,
    body: CreateContainer,
    attempt: string,
    signal: AbortSignal
  ): Promise<Created> {
    const newVolumes = await volumes.make(body, attempt)
    try {
      return await makeAndStart(name, spec, body, attempt, signal)
    } catch (error) {
      await volumes.remove(newVolumes)
      throw error
    }
  }

  async function makeAndStart(
    name: string,
    spec: ContainerSpec,
    body: CreateContainer,
    attempt: string,
    signal: AbortSignal
  ): Promise<Created> {
    const { id, warnings } = await createSurely(name, spec, attempt)
    try {
      stopIfCancelled(signal)
      if (body.start ?? true) await inventory.holding(id, () => startSurely(id))
      const record = await inventory.refresh(id)
      if (!record) throw new AppError('CONTAINER_NOT_FOUND', `Container ${name} was removed while it was made.`)
      checkMade(record, spec)
      // Not before the inventory knows it: only then its date is forgotten with it. Until then its label counts.
      if (body.ttl_seconds !== undefined) expiry.set(id, body.ttl_seconds)
      const ready = await waitUntilReady(id, body, signal)
      stopIfCancelled(signal)
      return { record: ready ?? record, warnings, replayed: false }
    } catch (error) {
      await engine.removeContainer(id, { force: true, volumes: true })
      inventory.removed(id)
      throw error
    }
  }

  /** A create whose answer was lost may have been carried out all the same: it is looked for before it is given up. */
  async function createSurely(
    name: string,
    spec: ContainerSpec,
    attempt: string
  ): Promise<{ id: string; warnings: string[] }> {
    try {
      return await engine.createContainer(name, spec)
    } catch (error) {
      const id = isUncertain(error) ? await attempts.find(attempt) : undefined
      if (id === undefined) throw error
      return { id, warnings: [] }
    }
  }

  /** Starting twice does no harm, so a start whose answer was lost is asked for again. */
  async function startSurely(id: string): Promise<void> {
    try {
      await engine.startContainer(id)
    } catch (error) {
      if (!isAppError(error, 'ENGINE_UNAVAILABLE')) throw error
      await engine.whenAvailable(AbortSignal.timeout(5_000)).catch(() => {})
      await engine.startContainer(id)
    }
  }

  async function waitUntilReady(
    id: string,
    body: CreateContainer,
    signal: AbortSignal
  ): Promise<ContainerRecord | undefined> {
    const condition = body.wait ?? 'running'
    // The engine's answer to the start is all that `running` waits for: a short task may have ended by now.
    if (condition === 'none' || condition === 'running') return undefined
    const timeoutMs = (body.wait_timeout_seconds ?? DEFAULT_WAIT_SECONDS) * 1000
    return waiting.waitFor(id, { condition, path: body.wait_path ?? '/', timeoutMs, signal })
  }

  return { check, create, isMaking: attempts.isMaking }
}

/** Keys of different tokens have nothing to do with each other: whoever guesses one must not be told of another's container. */
function hasKey({ berth }: ContainerRecord, key: string, owner: string | null): boolean {
  return berth.key === key && berth.owner === owner
}

function ownedKey(key: string, owner: string | null): string {
  return owner === null ? key : `${owner} ${key}`
}

function sameRequest(key: string, known: string | null, asked: Fingerprint): void {
  if (isSameRequest(asked, known)) return
  throw new AppError(
    'IDEMPOTENCY_KEY_REUSED',
    `The Idempotency-Key "${key}" was used for another request. Use a new key for a new container.`
  )
}

function takenLease(error: AppError, leases: Lease[]): Lease | undefined {
  return leases.find(({ port }) => port === error.facts?.port) ?? (leases.length === 1 ? leases[0] : undefined)
}

function isUncertain(error: unknown): boolean {
  return isAppError(error, 'ENGINE_TIMEOUT', 'ENGINE_UNAVAILABLE')
}

function stopIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancellation(signal)
}
