// A node as the API shows it.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { NodeRecord } from '../engine/contract/nodes.ts'
import { shortId } from '../inventory/ids.ts'
import type { Node } from './schemas.ts'

export function viewNode(node: NodeRecord, containers: readonly ContainerRecord[]): Node {
  return {
    id: node.id,
    name: node.name,
    address: node.address,
    role: node.role,
    leader: node.isLeader,
    reachable: node.isReachable,
    state: node.state,
    availability: node.availability,
    cpus: node.cpus,
    memory: node.memoryBytes,
    engine_version: node.engineVersion,
    architecture: node.architecture,
    labels: node.labels,
    containers: containers.map(({ id, name }) => ({ id: shortId(id), name }))
  }
}
