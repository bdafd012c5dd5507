// Two machines of an imaginary Swarm.

import type { EngineNodes, NodeRecord } from '../../src/engine/contract/nodes.ts'
import { createTopic } from '../../src/lib/topic.ts'

export const NODE: NodeRecord = {
  id: 'x0013azkz8on2zsb3e8ljbtky',
  name: 'one',
  address: '10.0.0.1',
  role: 'manager',
  isLeader: true,
  isReachable: true,
  state: 'ready',
  availability: 'active',
  cpus: 2,
  memoryBytes: 1024,
  engineVersion: '20.10.24',
  architecture: 'x86_64',
  labels: {}
}
export const OTHER: NodeRecord = {
  ...NODE,
  id: 'zphm5i9hmeo04wiix1zqgqpl9',
  name: 'two',
  role: 'worker',
  isLeader: false,
  isReachable: null
}

export function createNodes(): EngineNodes & { look(...nodes: NodeRecord[]): void } {
  let nodes: readonly NodeRecord[] = [NODE, OTHER].map((node) => ({ ...node }))
  const looks = createTopic<readonly NodeRecord[]>()
  return {
    listNodes: async () => [...nodes],
    knownNodes: () => nodes,
    onNodes: (watcher) => void looks.on(watcher),
    async setAvailability(id, availability) {
      for (const node of nodes) if (node.id === id) node.availability = availability
    },
    look(...found) {
      nodes = found
      looks.tell(nodes)
    }
  }
}
