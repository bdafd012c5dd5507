// The nodes of the Swarm.

import type { EngineNodes } from '../contract/nodes.ts'
import { AppError, isAppError } from '../../errors.ts'
import type { Calls } from '../docker/calls.ts'
import type { Reads } from './reads.ts'
import { readNode } from './schemas/nodes.ts'
import type { SeenNodes } from './seen-nodes.ts'

const MAX_TRIES = 5

export function createNodeCalls({
  calls: { ask, change },
  reads,
  seen
}: {
  calls: Pick<Calls, 'ask' | 'change'>
  reads: Pick<Reads, 'nodes'>
  seen: SeenNodes
}): EngineNodes {
  return {
    listNodes: async () => [...(await reads.nodes.renew()).values()],
    knownNodes: seen.knownNodes,
    onNodes: seen.onNodes,

    async setAvailability(id, availability) {
      for (let tries = 1; ; tries++) {
        const asked = { method: 'GET', path: `/nodes/${id}`, what: 'inspect the node', answer: readNode } as const
        const { Version: version, Spec: spec } = await ask(asked)
        if (spec.Availability === availability) return
        const body = { ...spec, Availability: availability }
        const query = { version: version.Index }
        try {
          return await change({ method: 'POST', path: `/nodes/${id}/update`, query, body, what: 'change the node' })
        } catch (error) {
          if (!isAppError(error, 'CONTAINER_BUSY') || tries === MAX_TRIES) throw refusal(error)
        }
      }
    }
  }
}

/** Swarm reports a conflicting change of a node like one of a container. */
function refusal(error: unknown): unknown {
  if (!isAppError(error, 'CONTAINER_BUSY')) return error
  return new AppError('SWARM_UNAVAILABLE', 'Another client changed the node at the same time. Retry the request.')
}
