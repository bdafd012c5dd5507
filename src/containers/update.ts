// Changes of an existing container. Its image and environment are immutable, so changing them recreates it.

import { namesOf, type Caller } from '../access/caller.ts'
import type { Amounts, Policy } from '../access/policy.ts'
import type { Config } from '../config.ts'
import type {
  ContainerRecord,
  ContainerSpec,
  ContainerUpdate,
  EngineContainers
} from '../engine/contract/containers.ts'
import { slowed } from '../engine/health-interval.ts'
import { isKeptName } from '../engine/kept-images.ts'
import { AppError } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Changes } from './changes.ts'
import { checkMayPull, type Images } from './create.ts'
import type { Expiry } from './expiry.ts'
import { checkUpdate, portEnvironment } from './plan.ts'
import type { Quota } from './quota.ts'
import type { Replacer } from './replace.ts'
import type { UpdateContainer } from './request-schemas.ts'
import { checkApplied } from './verify.ts'
import { notRunning } from './view.ts'

type Options = {
  engine: Pick<EngineContainers, 'containerSpec' | 'updateContainer'>
  inventory: Inventory
  images: Images
  policy: Pick<Policy, 'check' | 'runtimeFor'>
  replacer: Replacer
  expiry: Expiry
  quota: Quota
  changes: Changes
  config: Config
}

type Updated = { record: ContainerRecord; message: string; isAnew: boolean }

export function createUpdating({
  engine,
  inventory,
  images,
  policy,
  replacer,
  expiry,
  quota,
  changes,
  config
}: Options) {
  async function bring(
    caller: Caller,
    image: string,
    signal: AbortSignal
  ): Promise<Pick<ContainerSpec, 'image' | 'runtime' | 'healthcheck'>> {
    policy.check({ images: [image] })
    const found = await images.find(caller, image, {
      pull: 'missing',
      signal,
      beforePull: () => checkMayPull(caller, image)
    })
    const names = [image, ...found.tags]
    const runtime = policy.runtimeFor({ tokens: namesOf(caller), images: names, asked: undefined })
    const shared = await images.share(caller, image, found, { signal })
    return { image: shared.image, runtime, healthcheck: slowed(found.healthcheck) }
  }

  /** Values set for the container stay; values of the old image give way to those of the new one. */
  async function makeAnew(
    caller: Caller,
    record: ContainerRecord,
    { image, env = {} }: UpdateContainer,
    update: ContainerUpdate,
    signal: AbortSignal
  ): Promise<Updated> {
    checkMayBeMadeAnew(record)
    const origin = originOf(record)
    const { restart, ...limits } = update
    const asked = await engine.containerSpec(record.id, { without: origin })
    const other = image === undefined ? undefined : await bring(caller, image, signal)
    const spec = {
      ...asked,
      image: other?.image ?? origin,
      // A runtime chosen for the old image must not outlive it.
      runtime: other ? other.runtime : asked.runtime,
      // The health check of the same image may run less often than the image specifies.
      healthcheck: asked.healthcheck ?? (other ?? (await engine.containerSpec(record.id))).healthcheck,
      env: { ...portEnvironment(record.ports), ...changed(asked.env, env) },
      limits: { ...asked.limits, ...limits },
      restart: restart ?? asked.restart
    }
    const imageName = image ?? nameOf(record)
    return {
      record: await replacer.renew(record, { spec, imageName, signal }),
      message: `Container recreated from ${imageName}. Its volumes stay; its other files are those of the image`,
      isAnew: true
    }
  }

  async function update(
    caller: Caller,
    old: ContainerRecord,
    body: UpdateContainer,
    { signal, hurry }: { signal: AbortSignal | undefined; hurry: AbortSignal }
  ): Promise<Updated & { old: ContainerRecord }> {
    const { memory, cpus, pids_limit: pids, restart, ttl_seconds: ttl, image, env } = body
    if (ttl !== undefined) expiry.checkOwn(old)
    const limits = {
      ...(memory !== undefined && { memoryBytes: memory }),
      ...(cpus !== undefined && { cpus }),
      ...(pids !== undefined && { pids }),
      ...(restart !== undefined && { restart })
    }
    const life = signal ? AbortSignal.any([signal, hurry]) : hurry
    const anew = image !== undefined || env !== undefined ? await makeAnew(caller, old, body, limits, life) : undefined
    if (!anew && Object.keys(limits).length > 0) await engine.updateContainer(old.id, limits)
    const { record, message, isAnew } = anew ?? { record: old, message: 'Container changed', isAnew: false }
    if (ttl !== undefined) await expiry.set(record.id, ttl)
    const after = (await inventory.refresh(record.id)) ?? record
    if (after.berth.managed) checkApplied(after, limits)
    return { record: after, message, isAnew, old }
  }

  return async (caller: Caller, reference: string, body: UpdateContainer, signal: AbortSignal | undefined) => {
    checkUpdate(body, config)
    return changes.run(caller, reference, signal, (old, hurry) =>
      quota.holding(old.berth.owner, moreThan(old, body), () => update(caller, old, body, { signal, hurry }))
    )
  }
}

/** The increase over the owner's current amount. */
function moreThan({ limits }: ContainerRecord, { memory, cpus }: UpdateContainer): Amounts {
  const more = (wanted: number | undefined, now: number | null) => Math.max(0, (wanted ?? 0) - (now ?? 0))
  return { memory: more(memory, limits.memoryBytes), cpus: more(cpus, limits.cpus) }
}

function checkMayBeMadeAnew(record: ContainerRecord): void {
  if (record.state === 'paused') throw notRunning(record)
  if (record.berth.managed) return
  throw new AppError(
    'CONTAINER_NOT_MANAGED',
    `A new image or environment requires recreating container ${record.name}, and Berth recreates only containers that it created.`
  )
}

const nameOf = ({ berth, image }: ContainerRecord): string => berth.image ?? image

/** The image itself, since its name may have moved; or its name, if its files are kept in another image. */
function originOf(record: ContainerRecord): string {
  return isKeptName(record.image) ? nameOf(record) : record.imageId
}

/** Null removes a variable. */
function changed(env: Record<string, string>, changes: Record<string, string | null>): Record<string, string> {
  const merged = Object.entries({ ...env, ...changes })
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== null))
}
