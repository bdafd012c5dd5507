// The engine of a task's node gives access to the inside of the task: this manager's own engine, or another if the operator
// has opened it to this server.

import type { Engine } from '../contract/engine.ts'
import type { NodeRecord } from '../contract/nodes.ts'
import { AppError } from '../../errors.ts'
import type { Reads } from './reads.ts'
import type { RemoteEngines } from './remote-engines.ts'
import type { RawTask } from './schemas/tasks.ts'

export type OnNodes = ReturnType<typeof createOnNodes>
type Place = { engine: Engine; containerId: string }

export function createOnNodes({
  own,
  remote,
  reads
}: {
  own: Engine
  remote: RemoteEngines | undefined
  reads: Pick<Reads, 'nodes' | 'ownNode'>
}) {
  async function engineOf(node: NodeRecord): Promise<Engine | undefined> {
    const here = await reads.ownNode()
    if (node.id === here?.id) return own
    return node.state === 'ready' && node.address !== null ? remote?.at(node.address) : undefined
  }

  /** Undefined if the node is out of reach, and before the container exists. */
  async function reach({ NodeID: nodeId, Status: status }: RawTask): Promise<Place | undefined> {
    const containerId = status.ContainerStatus?.ContainerID
    const node = (await reads.nodes.get()).get(nodeId ?? '')
    const engine = node && (await engineOf(node))
    return containerId && engine ? { engine, containerId } : undefined
  }

  return {
    reach,

    async placeOf(task: RawTask): Promise<Place> {
      const place = await reach(task)
      if (place) return place
      const name = (await reads.nodes.get()).get(task.NodeID ?? '')?.name ?? 'another node'
      const advice = remote
        ? 'whose engine does not answer this server'
        : 'and this server reaches only the engine of its own node. Set BERTH_SWARM_NODE_PORT (docs/swarm.md), or use docker exec there'
      throw new AppError('NODE_OUT_OF_REACH', `The container is on ${name}, ${advice}.`, { facts: { node: name } })
    },

    /** Shortens the stop timeout of its service, if the node is within reach. */
    async hurry(task: RawTask, timeoutSeconds: number): Promise<void> {
      const place = await reach(task)
      await place?.engine.stopContainer(place.containerId, timeoutSeconds).catch(() => {})
    }
  }
}
