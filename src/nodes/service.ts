// The machines of a Swarm, their containers, and whether they accept more.

import type { Caller } from '../access/caller.ts'
import { seenBy } from '../access/ownership.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineNodes, NodeRecord } from '../engine/contract/nodes.ts'
import { AppError } from '../errors.ts'
import type { Node } from './schemas.ts'
import { viewNode } from './view.ts'

export type NodeService = ReturnType<typeof createNodeService>

type Options = { swarm: EngineNodes | undefined; containers: () => Iterable<ContainerRecord> }

export function createNodeService({ swarm, containers }: Options) {
  function nodes(): EngineNodes {
    if (swarm) return swarm
    throw new AppError(
      'SWARM_NEEDED',
      'This server runs containers on a single engine. Set BERTH_ENGINE=swarm on a manager of a Swarm.'
    )
  }

  function view(caller: Caller, node: NodeRecord): Node {
    const seen = [...containers()].filter(seenBy(caller))
    return viewNode(
      node,
      seen.filter((container) => container.node?.id === node.id)
    )
  }

  /** Ids take precedence over names, since two machines may share a name. */
  async function find(reference: string): Promise<NodeRecord> {
    const all = await nodes().listNodes()
    const found = all.find(({ id }) => id === reference) ?? all.find(({ name }) => name === reference)
    if (found) return found
    throw new AppError('NODE_NOT_FOUND', `There is no node with the id or name "${reference}".`)
  }

  async function setAvailability(caller: Caller, reference: string, availability: 'active' | 'drain'): Promise<Node> {
    const { id } = await find(reference)
    await nodes().setAvailability(id, availability)
    return view(caller, await find(id))
  }

  return {
    /** Sorted by name. */
    async list(caller: Caller): Promise<Node[]> {
      const all = await nodes().listNodes()
      return all.toSorted((one, other) => one.name.localeCompare(other.name)).map((node) => view(caller, node))
    },

    get: async (caller: Caller, reference: string): Promise<Node> => view(caller, await find(reference)),
    drain: (caller: Caller, reference: string) => setAvailability(caller, reference, 'drain'),
    activate: (caller: Caller, reference: string) => setAvailability(caller, reference, 'active')
  }
}
