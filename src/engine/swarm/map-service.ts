// Converts services and their tasks to our types. Pure.

import type {
  ContainerRecord,
  ContainerSpec,
  Placement,
  PortBinding,
  RestartPolicy,
  VolumeMount
} from '../contract/containers.ts'
import type { NodeRecord } from '../contract/nodes.ts'
import { CAPABILITIES } from '../docker/payload.ts'
import { mapHealthcheck, splitEnv, withoutEmptyOwn } from '../docker/map.ts'
import { readFacts, readKept, withoutKept } from '../labels.ts'
import { containerIdOf } from './ids.ts'
import { placeOn } from './map-node.ts'
import { networkNames, placesOf } from './map-places.ts'
import type { RawService, RawServiceSpec } from './schemas/services.ts'
import type { RawTask } from './schemas/tasks.ts'
import { runOf, type Run } from './task-state.ts'

/** The facts in addition to a service and its tasks. */
export type Cluster = {
  nodes: ReadonlyMap<string, NodeRecord>
  /** By id. */
  networks: ReadonlyMap<string, string>
  /** The node that answers. */
  ownAddress: string | null
  /** The id of a named image. Undefined if this node does not have it. */
  imageIdOf: (reference: string) => string | undefined
  /** Whether Berth refuses a Swarm that cannot withhold new privileges. */
  refusesNewPrivileges: boolean
}

const NANO_CPUS = 1e9
const DEFAULT_STOP_SECONDS = 10
const NANOSECONDS_PER_SECOND = 1e9
const RESTARTS = { none: 'no', 'on-failure': 'on-failure', any: 'always' } as const
const DIGEST = /@sha256:[0-9a-f]{64}$/

export function replicasOf({ Mode: mode }: RawServiceSpec): number {
  return mode.Replicated?.Replicas ?? 0
}

export function isUpIn(nodes: ReadonlyMap<string, NodeRecord>) {
  return (nodeId: string | null | undefined): boolean => nodes.get(nodeId ?? '')?.state === 'ready'
}

export function runOfService({ Spec: spec }: RawService, tasks: readonly RawTask[], nodes: Cluster['nodes']): Run {
  return runOf({
    replicas: replicasOf(spec),
    tasks,
    isUp: isUpIn(nodes),
    hasHealthcheck: hasHealthcheck(spec),
    kept: readKept(spec.Labels ?? {})
  })
}

export function hasHealthcheck({ TaskTemplate: { ContainerSpec: container } }: RawServiceSpec): boolean {
  const [kind] = container.Healthcheck?.Test ?? []
  return kind !== undefined && kind !== 'NONE'
}

export function mapService(service: RawService, tasks: readonly RawTask[], cluster: Cluster): ContainerRecord {
  const { Spec: spec } = service
  const { ContainerSpec: container } = spec.TaskTemplate
  const { state, health, exitCode, error, startedAt, finishedAt, restartCount, task } = runOfService(
    service,
    tasks,
    cluster.nodes
  )
  const labels = withoutKept(withoutEmptyOwn(spec.Labels ?? {}))
  const node = cluster.nodes.get(task?.NodeID ?? '')
  const isRunning = state === 'running'
  const asked = specOf(service, cluster)
  return {
    id: containerIdOf(service.ID),
    name: spec.Name,
    image: asked.image,
    imageId: cluster.imageIdOf(container.Image) ?? container.Image,
    state,
    health,
    exitCode,
    // Swarm reports only an exit code.
    oomKilled: false,
    error,
    // The process id belongs to the task's node, and this machine may not have it.
    pid: null,
    createdAt: service.CreatedAt,
    startedAt,
    finishedAt,
    restartCount,
    restart: asked.restart,
    ports: mapPorts(spec, isRunning ? (node?.address ?? null) : null, cluster.ownAddress),
    labels,
    berth: readFacts(labels),
    command: [...(container.Command ?? []), ...(container.Args ?? [])],
    envNames: Object.keys(asked.env),
    limits: asked.limits,
    readOnlyRoot: container.ReadOnly ?? false,
    runtime: null,
    networks: placesOf(spec, isRunning ? task : undefined, cluster.networks),
    volumes: asked.volumes,
    anonymousVolumes: [],
    mounts: (container.Mounts ?? []).map(({ Type: type, Target: target, ReadOnly: readOnly }) => ({
      target,
      kind: type === 'volume' ? ('volume' as const) : ('other' as const),
      readOnly: readOnly ?? false
    })),
    tty: container.TTY ?? false,
    stopTimeoutSeconds: asked.stopTimeoutSeconds ?? DEFAULT_STOP_SECONDS,
    hostNetwork: networkNames(spec, cluster.networks).some(({ name }) => name === 'host'),
    freedoms: freedomsOf(spec, cluster),
    node: node && isRunning ? placeOn(node) : null
  }
}

/** The inverse of `payload.ts`. */
export function specOf({ Spec: spec }: RawService, { networks }: Pick<Cluster, 'networks'>): ContainerSpec {
  const { ContainerSpec: container, Resources: resources, RestartPolicy: policy } = spec.TaskTemplate
  const limits = resources?.Limits ?? {}
  const [network] = networkNames(spec, networks)
  const labels = spec.Labels ?? {}
  return {
    image: container.Image.replace(/(:[^/@]+)@.*$/, '$1'),
    env: Object.fromEntries((container.Env ?? []).map(splitEnv)),
    labels: withoutKept(labels),
    command: container.Args ?? undefined,
    entrypoint: container.Command ?? undefined,
    workingDir: container.Dir || undefined,
    user: container.User || undefined,
    limits: {
      memoryBytes: limits.MemoryBytes || null,
      cpus: limits.NanoCPUs ? limits.NanoCPUs / NANO_CPUS : null,
      pids: limits.Pids || null,
      nofile: container.Ulimits?.find(({ Name: name }) => name === 'nofile')?.Hard ?? null,
      storageBytes: null,
      ioWeight: null
    },
    readOnlyRoot: container.ReadOnly ?? false,
    placement: mapPlacement(spec),
    restart: restartOf(policy?.Condition, readKept(labels).restart),
    healthcheck: mapHealthcheck(container.Healthcheck),
    volumes: mapVolumes(spec),
    stopTimeoutSeconds:
      typeof container.StopGracePeriod === 'number' ? container.StopGracePeriod / NANOSECONDS_PER_SECOND : undefined,
    ports: mapPorts(spec, null, null),
    network: network && { name: network.name, aliases: network.aliases }
  }
}

function mapPlacement({ TaskTemplate: { Placement: placement } }: RawServiceSpec): Placement | undefined {
  const constraints = placement?.Constraints ?? []
  const spread = placement?.Preferences?.[0]?.Spread?.SpreadDescriptor ?? undefined
  return constraints.length > 0 || spread !== undefined ? { constraints, spread } : undefined
}

/** The label records a distinction that Swarm does not make. */
function restartOf(condition: string | null | undefined, kept: string | null): RestartPolicy {
  const known = RESTARTS[(condition ?? 'any') as keyof typeof RESTARTS] ?? 'always'
  return known === 'always' && kept === 'unless-stopped' ? kept : known
}

/** In host mode the port is on the task's node, with the mesh on every node. */
function mapPorts(spec: RawServiceSpec, ofTask: string | null, ofAny: string | null): PortBinding[] {
  return (spec.EndpointSpec?.Ports ?? []).flatMap((port) => {
    const { TargetPort: containerPort, PublishedPort: hostPort, Protocol: protocol, PublishMode: mode } = port
    if (!hostPort || (protocol !== 'tcp' && protocol !== 'udp')) return []
    const address = mode === 'host' ? ofTask : ofTask && (ofAny ?? ofTask)
    return [{ containerPort, protocol, hostIp: address ?? '0.0.0.0', hostPort }]
  })
}

function mapVolumes({ TaskTemplate: { ContainerSpec: container } }: RawServiceSpec): VolumeMount[] {
  return (container.Mounts ?? []).flatMap(({ Type: type, Source: source, Target: target, ReadOnly: readOnly }) =>
    type === 'volume' && source ? [{ source, target, readOnly: readOnly ?? false }] : []
  )
}

/** In words of `docker/freedoms.ts`. */
function freedomsOf(spec: RawServiceSpec, { networks, refusesNewPrivileges }: Cluster): string[] {
  const { ContainerSpec: container } = spec.TaskTemplate
  const added = (container.CapabilityAdd ?? []).map((name) => name.replace(/^CAP_/, ''))
  const found: Record<string, boolean> = {
    'new privileges': refusesNewPrivileges && !withholdsPrivileges(spec),
    'more capabilities':
      !(container.CapabilityDrop ?? []).includes('ALL') || !added.every((name) => CAPABILITIES.includes(name)),
    'a path of the host': (container.Mounts ?? []).some(({ Type: type }) => type === 'bind'),
    'a namespace of others': networkNames(spec, networks).some(({ name }) => name === 'host')
  }
  return Object.keys(found).filter((name) => found[name])
}

export function withholdsPrivileges({ TaskTemplate: { ContainerSpec: container } }: RawServiceSpec): boolean {
  return container.Privileges?.NoNewPrivileges === true
}

export const isPinned = (image: string): boolean => DIGEST.test(image)
