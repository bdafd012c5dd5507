// What happens inside of a task happens on the engine of its node. That of this manager is at hand.

import { AppError } from '../../errors.ts'
import type { Engine } from '../contract/engine.ts'
import type { Reads } from './reads.ts'
import type { RawTask } from './schemas/tasks.ts'

export type OnNodes = ReturnType<typeof createOnNodes>
type NodeEngine = Pick<Engine, 'stopContainer' | 'inspectContainer'> & Engine
type Place = { engine: NodeEngine; containerId: string }

export function createOnNodes({ own, reads }: { own: Engine; reads: Pick<Reads, 'nodes' | 'ownNode'> }) {
  /** Undefined where the node is out of reach, and before there is a container. */
  async function reach({ NodeID: nodeId, Status: status }: RawTask): Promise<Place | undefined> {
    const containerId = status.ContainerStatus?.ContainerID
    const here = await reads.ownNode()
    return containerId && here && nodeId === here.id ? { engine: own, containerId } : undefined
  }

  return {
    reach,

    async placeOf(task: RawTask): Promise<Place> {
      const place = await reach(task)
      if (place) return place
      const node = (await reads.nodes.get()).get(task.NodeID ?? '')
      const name = node?.name ?? 'another node'
      throw new AppError(
        'NODE_OUT_OF_REACH',
        `The container runs on ${name}, and this Berth reaches only the engine of its own node. Ask a Berth on ${name}, or use docker exec there.`,
        { facts: { node: name } }
      )
    },

    /** Ends it sooner than its service says. Where it is not to be reached it takes its own time. */
    async hurry(task: RawTask, timeoutSeconds: number): Promise<void> {
      const place = await reach(task)
      await place?.engine.stopContainer(place.containerId, timeoutSeconds).catch(() => {})
    }
  }
}
