// Builds a service of one replica from parsed intent only, like the container of a single engine.

import type { ContainerSpec, Limits, Placement, PortBinding, RestartPolicy } from '../contract/containers.ts'
import { CAPABILITIES, healthcheckPayload, LOG_LIMITS, STOP_SECONDS } from '../docker/payload.ts'
import { withKept } from '../labels.ts'

export type PublishMode = 'host' | 'ingress'

const NANOSECONDS_PER_SECOND = 1e9
// Swarm waits that long before it replaces a task, even after a failure of its node.
const RESTART_DELAY_NS = 1e9
// "Unless stopped" differs from "always" only on one machine: a stopped service has no task that could come back.
const CONDITIONS = { no: 'none', 'on-failure': 'on-failure', always: 'any', 'unless-stopped': 'any' } as const

export function servicePayload(
  name: string,
  spec: ContainerSpec,
  { image, publishMode, replicas }: { image: string; publishMode: PublishMode; replicas: number }
) {
  return {
    Name: name,
    Labels: withKept(spec.labels, { restart: spec.restart }),
    TaskTemplate: {
      ContainerSpec: containerPayload(spec, image),
      Resources: { Limits: limitsPayload(spec.limits) },
      RestartPolicy: restartPayload(spec.restart),
      ...(spec.placement && { Placement: placementPayload(spec.placement) }),
      ...(spec.network && { Networks: [{ Target: spec.network.name, Aliases: spec.network.aliases }] }),
      LogDriver: { Name: 'json-file', Options: LOG_LIMITS }
    },
    Mode: { Replicated: { Replicas: replicas } },
    // Both tasks at once could not bind the same ports.
    UpdateConfig: { Parallelism: 1, Order: 'stop-first', FailureAction: 'continue' },
    EndpointSpec: endpointPayload(spec.ports, publishMode)
  }
}

function placementPayload({ constraints, spread }: Placement) {
  return {
    Constraints: constraints,
    ...(spread !== undefined && { Preferences: [{ Spread: { SpreadDescriptor: spread } }] })
  }
}

export function restartPayload(restart: RestartPolicy) {
  return { Condition: CONDITIONS[restart], Delay: RESTART_DELAY_NS, MaxAttempts: 0 }
}

export function limitsPayload({ memoryBytes, cpus, pids }: Partial<Limits>) {
  return {
    ...(memoryBytes && { MemoryBytes: memoryBytes }),
    ...(cpus && { NanoCPUs: Math.round(cpus * 1e9) }),
    ...(pids && { Pids: pids })
  }
}

/** One replica needs no virtual address; the mesh that leads into it does. */
function endpointPayload(ports: readonly PortBinding[], publishMode: PublishMode) {
  return {
    Mode: publishMode === 'host' ? 'dnsrr' : 'vip',
    Ports: ports.map(({ containerPort, protocol, hostPort }) => ({
      Protocol: protocol,
      TargetPort: containerPort,
      PublishedPort: hostPort,
      PublishMode: publishMode
    }))
  }
}

function containerPayload(spec: ContainerSpec, image: string) {
  const { limits } = spec
  return {
    Image: image,
    Labels: spec.labels,
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    ...(spec.entrypoint && { Command: spec.entrypoint }),
    ...(spec.command && { Args: spec.command }),
    ...(spec.workingDir && { Dir: spec.workingDir }),
    ...(spec.user && { User: spec.user }),
    ...(spec.healthcheck && { Healthcheck: healthcheckPayload(spec.healthcheck) }),
    StopGracePeriod: (spec.stopTimeoutSeconds ?? STOP_SECONDS) * NANOSECONDS_PER_SECOND,
    Init: true,
    ...(spec.readOnlyRoot && { ReadOnly: true }),
    CapabilityDrop: ['ALL'],
    CapabilityAdd: CAPABILITIES.map((name) => `CAP_${name}`),
    Privileges: { NoNewPrivileges: true },
    ...(limits.nofile && { Ulimits: [{ Name: 'nofile', Soft: limits.nofile, Hard: limits.nofile }] }),
    Mounts: spec.volumes.map(({ source, target, readOnly }) => ({
      Type: 'volume',
      Source: source,
      Target: target,
      ReadOnly: readOnly,
      ...(spec.volumeLabels && { VolumeOptions: { Labels: spec.volumeLabels } })
    }))
  }
}
