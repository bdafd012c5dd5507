// The nodes at the last poll.

import type { EngineNodes, NodeRecord } from '../contract/nodes.ts'
import { createTopic } from '../../lib/topic.ts'

export type SeenNodes = ReturnType<typeof createSeenNodes>

export function createSeenNodes() {
  const looks = createTopic<readonly NodeRecord[]>()
  let last: readonly NodeRecord[] = []
  return {
    take(nodes: Iterable<NodeRecord>): void {
      last = [...nodes]
      looks.tell(last)
    },
    knownNodes: () => last,
    onNodes: (watcher) => void looks.on(watcher)
  } satisfies Pick<EngineNodes, 'knownNodes' | 'onNodes'> & { take: (nodes: Iterable<NodeRecord>) => void }
}
