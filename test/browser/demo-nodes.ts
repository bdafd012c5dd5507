// Three machines of a Swarm, since the engine in memory has none.

import type { EngineNodes, NodeRecord } from '../../src/engine/contract/nodes.ts'
import { idOf } from '../helpers/records.ts'

const node = (name: string, given: Partial<NodeRecord> = {}): NodeRecord => ({
  id: idOf(name).slice(0, 25),
  name,
  address: `10.0.0.${10 + Number(name.at(-1))}`,
  role: 'worker',
  isLeader: false,
  isReachable: null,
  state: 'ready',
  availability: 'active',
  cpus: 8,
  memoryBytes: 32 * 1024 ** 3,
  engineVersion: '28.5.2',
  architecture: 'x86_64',
  labels: {},
  ...given
})

export const DEMO_NODES = [
  node('harbour-1', { role: 'manager', isLeader: true, isReachable: true, cpus: 4, memoryBytes: 16 * 1024 ** 3 }),
  node('harbour-2'),
  node('harbour-3', { state: 'down' })
]

export const demoNodes: EngineNodes = {
  listNodes: async () => DEMO_NODES.map((each) => ({ ...each })),
  knownNodes: () => DEMO_NODES,
  onNodes() {},
  async setAvailability(id, availability) {
    for (const each of DEMO_NODES) if (each.id === id) each.availability = availability
  }
}
