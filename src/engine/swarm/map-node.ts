// Converts nodes of a Swarm to our types. Pure.

import type { ContainerNode } from '../contract/containers.ts'
import type { NodeRecord } from '../contract/nodes.ts'
import type { RawNode } from './schemas/nodes.ts'

const STATES = ['ready', 'down', 'disconnected'] as const
const AVAILABILITIES = ['active', 'pause', 'drain'] as const
const NANO_CPUS = 1e9

export function mapNode({
  ID: id,
  Spec: spec,
  Description: about,
  Status: status,
  ManagerStatus: manager
}: RawNode): NodeRecord {
  return {
    id,
    name: about.Hostname || id,
    address: addressOf(status.Addr, manager?.Addr),
    role: spec.Role === 'manager' ? 'manager' : 'worker',
    isLeader: manager?.Leader ?? false,
    isReachable: manager ? manager.Reachability === 'reachable' : null,
    state: STATES.find((known) => known === status.State) ?? 'unknown',
    availability: AVAILABILITIES.find((known) => known === spec.Availability) ?? 'active',
    cpus: about.Resources?.NanoCPUs ? about.Resources.NanoCPUs / NANO_CPUS : null,
    memoryBytes: about.Resources?.MemoryBytes || null,
    engineVersion: about.Engine?.EngineVersion || null,
    architecture: about.Platform?.Architecture || null,
    labels: spec.Labels ?? {}
  }
}

export const placeOn = ({ id, name, address }: NodeRecord): ContainerNode => ({ id, name, address })

/** A manager may list itself as 0.0.0.0. Then its address among the managers is the right one. */
function addressOf(address: string | null | undefined, ofManager: string | null | undefined): string | null {
  if (address && address !== '0.0.0.0') return address
  return ofManager?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') || null
}
