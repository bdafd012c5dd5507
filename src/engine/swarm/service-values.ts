// Single values of a service. Pure.

import type { PortBinding } from '../contract/containers.ts'
import type { RawService } from './schemas/services.ts'

const DEFAULT_GRACE_NS = 10e9

export function portsOf({ Spec: spec }: RawService): Pick<PortBinding, 'hostPort' | 'protocol'>[] {
  return (spec.EndpointSpec?.Ports ?? []).flatMap(({ PublishedPort: hostPort, Protocol: protocol }) =>
    hostPort ? [{ hostPort, protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const) }] : []
  )
}

export function graceSecondsOf({ Spec: spec }: RawService): number {
  return (spec.TaskTemplate.ContainerSpec.StopGracePeriod ?? DEFAULT_GRACE_NS) / 1e9
}
