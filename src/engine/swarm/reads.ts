// Reads from a manager, and a cache of the answers for a moment.

import type { EngineImages } from '../contract/images.ts'
import type { NodeRecord } from '../contract/nodes.ts'
import { unlessGone, type Calls } from '../docker/calls.ts'
import { readNetworks } from '../docker/schemas/networks.ts'
import { createFresh } from './fresh.ts'
import type { ServiceIds } from './ids.ts'
import { mapNode } from './map-node.ts'
import type { Cluster } from './map-service.ts'
import { membershipQuestion } from './membership.ts'
import { readNodes } from './schemas/nodes.ts'
import { readService, readServices, readServicesLabelled, type RawService } from './schemas/services.ts'
import { readTask, readTasks, type RawTask } from './schemas/tasks.ts'

export type Reads = ReturnType<typeof createReads>

const NODES_MS = 1_000
const NETWORKS_MS = 10_000
const IMAGES_MS = 10_000
const POLL_MS = 5_000

export function createReads({
  calls: { ask },
  images,
  ids,
  refusesNewPrivileges
}: {
  calls: Pick<Calls, 'ask'>
  images: Pick<EngineImages, 'listImages'>
  ids: ServiceIds
  refusesNewPrivileges: boolean
}) {
  const nodes = createFresh(async () => {
    const asked = {
      method: 'GET',
      path: '/nodes',
      what: 'list the nodes',
      answer: readNodes,
      timeoutMs: POLL_MS
    } as const
    return new Map((await ask(asked)).map(mapNode).map((node) => [node.id, node]))
  }, NODES_MS)

  const networks = createFresh(async () => {
    const found = await ask({ method: 'GET', path: '/networks', what: 'list networks', answer: readNetworks })
    return new Map(found.map(({ Id: id, Name: name }) => [id, name]))
  }, NETWORKS_MS)

  const imageIds = createFresh(async () => {
    const found = await images.listImages()
    return new Map(found.flatMap(({ id, tags, digests }) => [...tags, ...digests].map((name) => [name, id] as const)))
  }, IMAGES_MS)

  const ownId = createFresh(async () => (await ask(membershipQuestion)).Swarm?.NodeID ?? '', NETWORKS_MS)

  async function tasks(filters: Record<string, string[]>): Promise<RawTask[]> {
    return ask({ method: 'GET', path: '/tasks', query: { filters }, what: 'list the tasks', answer: readTasks })
  }

  async function service(reference: string, signal?: AbortSignal): Promise<RawService | undefined> {
    const path = `/services/${encodeURIComponent(reference)}`
    const asked = { method: 'GET', path, what: 'inspect the service', answer: readService(reference), signal } as const
    const found = await unlessGone('CONTAINER_NOT_FOUND', ask(asked))
    if (found) ids.learn(found.ID)
    return found
  }

  async function services(label?: string): Promise<RawService[]> {
    const found = await ask({
      method: 'GET',
      path: '/services',
      query: { filters: label ? { label: [label] } : {} },
      what: 'list the services',
      answer: label ? readServicesLabelled(label) : readServices
    })
    // Berth cannot start and stop services that run on every node, or once.
    const ours = found.filter(({ Spec: spec }) => spec.Mode.Replicated)
    for (const { ID: id } of ours) ids.learn(id)
    return ours
  }

  /** Finds a container by id or name. An unknown id may belong to a service of another Berth. */
  async function find(reference: string, signal?: AbortSignal): Promise<RawService | undefined> {
    if (ids.referenceOf(reference) === undefined) await services()
    const known = ids.referenceOf(reference)
    return known === undefined ? undefined : service(known, signal)
  }

  /** A network may be newer than the cached names. */
  async function namesFor(service: RawService | undefined): Promise<ReadonlyMap<string, string>> {
    const names = await networks.get()
    const targets = service?.Spec.TaskTemplate.Networks ?? []
    return targets.every(({ Target: target }) => names.has(target)) ? names : networks.renew()
  }

  return {
    nodes,
    services,
    service,
    find,
    tasks,

    /** The tasks of one service. None if it is gone. */
    async tasksOf(serviceId: string): Promise<RawTask[]> {
      return (await unlessGone('CONTAINER_NOT_FOUND', tasks({ service: [serviceId] }))) ?? []
    },

    /** Undefined if it is gone. */
    task: (id: string): Promise<RawTask | undefined> =>
      unlessGone(
        'CONTAINER_NOT_FOUND',
        ask({ method: 'GET', path: `/tasks/${id}`, what: 'inspect the task', answer: readTask })
      ),

    /** Tasks that should run: only they can change without a change of their service. */
    wantedTasks: (): Promise<RawTask[]> => tasks({ 'desired-state': ['running', 'ready'] }),

    /** The facts that describe a service. */
    async cluster(service?: RawService): Promise<Cluster> {
      const [byId, names, imagesByName, own] = await Promise.all([
        nodes.get(),
        namesFor(service),
        imageIds.get(),
        ownId.get()
      ])
      return {
        nodes: byId,
        networks: names,
        ownAddress: byId.get(own)?.address ?? null,
        imageIdOf: (reference) => imagesByName.get(reference) ?? imagesByName.get(reference.replace(/@.*$/, '')),
        refusesNewPrivileges
      }
    },

    /** The node that answers. */
    async ownNode(): Promise<NodeRecord | undefined> {
      return (await nodes.get()).get(await ownId.get())
    },

    forgetImages: (): void => void imageIds.renew().catch(() => {}),
    forgetNetworks: (): void => void networks.renew().catch(() => {})
  }
}
