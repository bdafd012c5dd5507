// The machines of a Swarm in the metrics. Pure.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { NodeRecord } from '../engine/contract/nodes.ts'
import type { Family } from './exposition.ts'

/** `containers` are those that the caller may see. */
export function nodeFamilies(nodes: readonly NodeRecord[], containers: readonly ContainerRecord[]): Family[] {
  const gauge = (name: string, help: string, value: (node: NodeRecord) => number): Family => ({
    name: `berth_node_${name}`,
    help,
    type: 'gauge',
    samples: nodes.map((node) => ({ labels: { id: node.id, name: node.name, role: node.role }, value: value(node) }))
  })
  const running = Map.groupBy(containers, ({ node }) => node?.id)
  return [
    gauge('up', 'Whether the node is ready.', ({ state }) => Number(state === 'ready')),
    gauge('active', 'Whether the node accepts containers.', ({ availability }) => Number(availability === 'active')),
    gauge('containers', 'Number of running containers on the node.', ({ id }) => running.get(id)?.length ?? 0)
  ]
}
