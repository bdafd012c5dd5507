// How a start ends while no node takes its task.

import t from 'tap'
import type { NodeRecord } from '../../../../src/engine/contract/nodes.ts'
import { createAwaiting } from '../../../../src/engine/swarm/awaiting.ts'
import { NODE } from '../../../helpers/nodes.ts'
import { task } from './tasks.ts'

type Options = Parameters<typeof createAwaiting>[0]

const WAITS = task({ state: 'pending', node: null, err: 'no suitable node (1 node not available for new tasks)' })

/** `nodeAt` is called for each look at the task, from the first one on. */
function begin(nodeAt: (look: number) => Partial<NodeRecord>, tasksAt = (_look: number) => [WAITS]): Promise<void> {
  let look = 0
  const options = {
    reads: {
      tasksOf: async () => tasksAt(look++),
      nodes: { get: async () => new Map([[NODE.id, { ...NODE, ...nodeAt(look) }]]) }
    },
    changeTimeoutMs: 60_000,
    pullTimeoutMs: 60_000
  } as unknown as Options
  const service = { ID: 'service', Spec: { Name: 'web', TaskTemplate: { ContainerSpec: {} } } }
  return createAwaiting(options).begun(
    service as unknown as Parameters<ReturnType<typeof createAwaiting>['begun']>[0],
    {
      before: new Set(),
      nudge: async () => {},
      signal: undefined
    }
  )
}

t.test('without a ready node the Swarm is unavailable', async (t) => {
  await t.rejects(
    begin(() => ({ state: 'unknown' })),
    { code: 'SWARM_UNAVAILABLE' }
  )
})

t.test('a drained node is a reason to refuse', async (t) => {
  await t.rejects(
    begin(() => ({ availability: 'drain' })),
    { code: 'NODE_UNSUITABLE', message: /one is drained/ }
  )
})

t.test('a node that becomes ready takes the task', async (t) => {
  const LATE = 20
  await t.resolves(
    begin(
      (look) => ({ state: look < LATE ? 'unknown' : 'ready' }),
      (look) => [look > LATE + 2 ? task({ state: 'running' }) : WAITS]
    )
  )
})
