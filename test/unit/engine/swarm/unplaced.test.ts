// What a create says when no node takes its task.

import t from 'tap'
import { AppError } from '../../../../src/errors.ts'
import { isAnyReady, noneReady, withNodes } from '../../../../src/engine/swarm/unplaced.ts'
import { NODE, OTHER } from '../../../helpers/nodes.ts'

const REFUSED = new AppError('NODE_UNSUITABLE', 'No node of the Swarm can run the container: 2 nodes are busy.')

t.test('a Swarm without a ready node is unavailable, whatever the container needs', async (t) => {
  const nodes = [
    { ...NODE, state: 'unknown' },
    { ...OTHER, state: 'down', availability: 'drain' }
  ] as const
  t.notOk(isAnyReady(nodes))
  t.match(noneReady(nodes), {
    code: 'SWARM_UNAVAILABLE',
    message: 'No node of the Swarm is ready: one is unknown, two is down.'
  })
})

t.test('a drained node is ready, so its container is refused for its own reasons', async (t) => {
  t.ok(isAnyReady([{ ...NODE, availability: 'drain' }]))
})

t.test('a refusal names the nodes that take no tasks', async (t) => {
  t.match(
    withNodes(REFUSED, [
      { ...NODE, availability: 'drain' },
      { ...OTHER, state: 'down' }
    ]),
    {
      code: 'NODE_UNSUITABLE',
      message: `${REFUSED.message} Not available: one is drained, two is down.`
    }
  )
  t.match(withNodes(REFUSED, [{ ...NODE, availability: 'pause' }, OTHER]), { message: /: one is paused\.$/ })
  t.equal(withNodes(REFUSED, [NODE, OTHER]), REFUSED)
})

t.test('other refusals stay as they are', async (t) => {
  const taken = new AppError('PORT_UNAVAILABLE', 'Port 8001 is taken.')
  t.equal(withNodes(taken, [{ ...NODE, availability: 'drain' }]), taken)
})
