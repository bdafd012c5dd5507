// The engine of a task's node gives access to the inside of the task: this manager's own engine, or another by its agent or
// its own port.

import type { Engine } from '../contract/engine.ts'
import type { NodeRecord } from '../contract/nodes.ts'
import { AppError, isAppError } from '../../errors.ts'
import type { Reads } from './reads.ts'
import type { Remote, RemoteEngines } from './remote-engines.ts'
import type { RawTask } from './schemas/tasks.ts'

export type OnNodes = ReturnType<typeof createOnNodes>
/** The fields that say where a task runs. */
export type PlacedTask = {
  NodeID?: RawTask['NodeID'] | undefined
  Status: { ContainerStatus?: RawTask['Status']['ContainerStatus'] | undefined }
}
type Place = { engine: Engine; containerId: string; remote?: Remote | undefined }

const NO_WAY =
  'and this server reaches only the engine of its own node. Deploy the agents (docs/swarm.md), or use docker exec there'
const SILENT = 'and neither an agent nor an engine answers this server there'

export function createOnNodes({
  own,
  remotes,
  reads
}: {
  own: Engine
  remotes: RemoteEngines | undefined
  reads: Pick<Reads, 'nodes' | 'ownNode'>
}) {
  async function engineOn(node: NodeRecord, prefersRemote: boolean): Promise<Omit<Place, 'containerId'> | undefined> {
    const isOwn = node.id === (await reads.ownNode())?.id
    const isAsked = node.state === 'ready' && (prefersRemote || !isOwn)
    const remote = isAsked && node.address !== null ? await remotes?.at(node.address) : undefined
    if (remote) return { engine: remote.engine, remote }
    return isOwn ? { engine: own } : undefined
  }

  /**
   * Undefined if the node is out of reach, and before the container exists. On its own node, this server uses its own engine
   * unless the call prefers the agent there.
   */
  async function reach(
    { NodeID: nodeId, Status: status }: PlacedTask,
    prefersRemote = false
  ): Promise<Place | undefined> {
    const containerId = status.ContainerStatus?.ContainerID
    const node = (await reads.nodes.get()).get(nodeId ?? '')
    const found = node && (await engineOn(node, prefersRemote))
    return containerId && found ? { ...found, containerId } : undefined
  }

  async function outOfReach(task: RawTask, why: string, cause?: unknown): Promise<AppError> {
    const name = (await reads.nodes.get()).get(task.NodeID ?? '')?.name ?? 'another node'
    return new AppError('NODE_OUT_OF_REACH', `The container is on ${name}, ${why}.`, { facts: { node: name }, cause })
  }

  return {
    reach,

    /** Fails as soon as the node is out of reach, even in the middle of the call. */
    async inside<T>(task: RawTask, act: (engine: Engine, containerId: string) => Promise<T>): Promise<T> {
      const place = await reach(task)
      if (!place) throw await outOfReach(task, remotes ? SILENT : NO_WAY)
      const { engine, containerId, remote } = place
      if (!remote) return act(engine, containerId)
      try {
        return await remote.unlessLost(act(engine, containerId))
      } catch (error) {
        throw isAppError(error, 'ENGINE_UNAVAILABLE') ? await outOfReach(task, SILENT, error) : error
      }
    },

    /** Shortens the stop timeout of its service, if the node is within reach. */
    async hurry(task: RawTask, timeoutSeconds: number): Promise<void> {
      const place = await reach(task)
      await place?.engine.stopContainer(place.containerId, timeoutSeconds).catch(() => {})
    }
  }
}
