// Prunes unused resources that Berth created: containers that are not running, untagged images, volumes without a
// container, networks without a container; and the engine's build cache. Selects first and removes then, so that a dry
// run is exact.

import type { ContainerRecord, ContainerState } from '../engine/contract/containers.ts'
import type { BerthFacts } from '../engine/contract/facts.ts'
import type { NetworkRecord } from '../engine/contract/networks.ts'
import type { DiskUsage, EngineSystem } from '../engine/contract/system.ts'
import type { EngineVolumes } from '../engine/contract/volumes.ts'
import { readFacts } from '../engine/labels.ts'
import { isAppError } from '../errors.ts'
import type { Image } from '../images/schemas.ts'
import type { Cleaned, CleanSystem } from './schemas.ts'

type Options = {
  engine: Pick<EngineSystem, 'diskUsage' | 'pruneBuildCache'> & Pick<EngineVolumes, 'removeVolume'>
  containers: () => Iterable<ContainerRecord>
  removeContainer: (id: string) => Promise<unknown>
  networks: { idle(): Promise<NetworkRecord[]>; remove(name: string): Promise<unknown> }
  images: {
    list(query: { managed: boolean; dangling: boolean; in_use: boolean }): Promise<{ images: Image[] }>
    remove(reference: string, options: { force: boolean }): Promise<unknown>
  }
  instanceId: string
  /** Whether that attempt at a create is unfinished. */
  isUnderWay: (attempt: string) => boolean
  now?: () => number
}
type Item = Cleaned['containers'][number]
/** A removable resource, and its removal. */
type Candidate = Item & { bytes: number; remove: () => Promise<unknown> }

const SHORT_ID = 12
const OVER: ContainerState[] = ['created', 'exited', 'dead']

export type Pruner = ReturnType<typeof createPruner>

export function createPruner(options: Options) {
  const { engine, containers, removeContainer, images, networks, instanceId, isUnderWay, now = Date.now } = options

  /** Resources of another server are left to that server. */
  const isOurs = ({ managed, instance }: BerthFacts) => managed && (instance === null || instance === instanceId)

  /** A create in progress has volumes before it has a container that mounts them. */
  function isOurIdle(labels: Record<string, string>): boolean {
    const facts = readFacts(labels)
    return isOurs(facts) && !isUnderWay(facts.attempt ?? '')
  }

  /** A resource of unknown age counts as new, to be safe. */
  function isOld(time: string | null, request: CleanSystem): boolean {
    const seconds = request.older_than_seconds ?? 0
    return seconds === 0 || (time !== null && now() - Date.parse(time) >= seconds * 1000)
  }

  function overContainers(request: CleanSystem, usage: DiskUsage): Candidate[] {
    return [...containers()]
      .filter(({ berth, state }) => isOurs(berth) && OVER.includes(state))
      .filter(({ finishedAt, createdAt }) => isOld(finishedAt ?? createdAt, request))
      .map(({ id, name }) => ({
        id: id.slice(0, SHORT_ID),
        name,
        bytes: usage.containers.get(id) ?? 0,
        remove: () => removeContainer(id)
      }))
  }

  async function namelessImages(request: CleanSystem, usage: DiskUsage): Promise<Candidate[]> {
    const { images: dangling } = await images.list({ managed: true, dangling: true, in_use: false })
    return dangling
      .filter(({ created }) => isOld(created, request))
      .map(({ id, full_id: fullId }) => ({
        id,
        name: '',
        bytes: usage.images.get(fullId) ?? 0,
        remove: () => images.remove(fullId, { force: false })
      }))
  }

  function idleVolumes(request: CleanSystem, { volumes }: DiskUsage): Candidate[] {
    return volumes
      .filter(({ isUsed, labels, createdAt }) => !isUsed && isOurIdle(labels) && isOld(createdAt, request))
      .map(({ name, sizeBytes: bytes }) => ({ id: name, name, bytes, remove: () => engine.removeVolume(name) }))
  }

  async function idleNetworks(request: CleanSystem): Promise<Candidate[]> {
    return (await networks.idle())
      .filter(({ createdAt }) => isOld(createdAt, request))
      .map(({ id, name }) => ({ id: id.slice(0, SHORT_ID), name, bytes: 0, remove: () => networks.remove(name) }))
  }

  return async function clean(request: CleanSystem): Promise<Cleaned> {
    const isDry = request.dry_run ?? false
    const usage = await engine.diskUsage()
    const kept: Cleaned['kept'] = []
    let freed = 0

    /** The removed ones, or those that would be removed. */
    async function take(candidates: Candidate[]): Promise<Item[]> {
      const gone: Item[] = []
      for (const { id, name, bytes, remove } of candidates) {
        try {
          if (!isDry) await remove()
        } catch (error) {
          // It was started or removed in the meantime, or something else needs it; the others are removed anyway.
          if (!isAppError(error) || error.code === 'INTERNAL') throw error
          kept.push({ id, name, reason: error.message })
          continue
        }
        gone.push({ id, name })
        freed += bytes
      }
      return gone
    }

    async function takeCache(): Promise<number> {
      if (!isDry) return engine.pruneBuildCache(request.older_than_seconds ?? 0)
      const idle = usage.buildCache.filter(({ isUsed, lastUsedAt }) => !isUsed && isOld(lastUsedAt, request))
      return idle.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    }

    const gone = {
      containers: request.containers === false ? [] : await take(overContainers(request, usage)),
      images: request.images === false ? [] : await take(await namelessImages(request, usage)),
      volumes: request.volumes ? await take(idleVolumes(request, usage)) : [],
      networks: request.networks ? await take(await idleNetworks(request)) : []
    }
    const cacheBytes = request.build_cache ? await takeCache() : 0
    const verb = isDry ? 'to be removed' : 'removed'
    const counts = Object.entries(gone).map(([what, items]) => `${what} ${verb}: ${items.length}`)
    const message = counts.join(', ')
    return {
      ...gone,
      build_cache_bytes: cacheBytes,
      freed_bytes: freed + cacheBytes,
      kept,
      dry_run: isDry,
      message: `${message.charAt(0).toUpperCase()}${message.slice(1)}`
    }
  }
}
