// The rule for when a start has ended, and with which error.

import t from 'tap'
import { begunOf } from '../../../../src/engine/swarm/starting.ts'
import { task } from './tasks.ts'

const look = (tasks: ReturnType<typeof task>[], { hasHealthcheck = false, settled = 0 } = {}) =>
  begunOf(tasks, { hasHealthcheck, settledMs: () => settled })

const TAKEN =
  'starting container failed: driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:8088 failed: port is already allocated'
const ON_ALL = 'no suitable node (host-mode port already in use on 3 nodes)'
const FULL = 'no suitable node (insufficient resources on 2 nodes; 1 node not available for new tasks)'

t.test('a start in progress', async (t) => {
  t.match(look([]), { is: 'pending', error: undefined })
  t.match(look([task({ state: 'preparing' })]), { is: 'pending' })
  t.match(look([task({ state: 'starting' })], { hasHealthcheck: true }), { is: 'pending' })
})

t.test('a workload that has started', async (t) => {
  t.match(look([task({ state: 'running' })]), { is: 'started' })
  t.match(look([task({ state: 'complete' })]), { is: 'started' }, 'and ended')
  t.match(look([task({ state: 'failed', err: 'task: non-zero exit (3)' })]), { is: 'started' }, 'and failed by itself')
  t.match(look([task({ state: 'starting' })], { hasHealthcheck: true, settled: 2_000 }), { is: 'started' })
})

t.test('a container that cannot start says why', async (t) => {
  const port = { code: 'PORT_UNAVAILABLE', facts: { port: 8088 } }
  t.match(look([task({ state: 'failed', err: TAKEN })]), { is: 'refused', error: port })
  t.match(look([task({ state: 'rejected', err: 'No such image: none:1' })]), { error: { code: 'IMAGE_NOT_FOUND' } })
})

t.test('a container that waits for a node says why', async (t) => {
  const pending = (err: string) => look([task({ state: 'pending', node: null, err })])
  t.match(pending(ON_ALL), { is: 'pending', error: { code: 'PORT_UNAVAILABLE' } })
  t.match(pending(FULL), {
    error: {
      code: 'NODE_UNSUITABLE',
      message:
        'No node of the Swarm can run the container: insufficient resources on 2 nodes; 1 node not available for new tasks.'
    }
  })
})
