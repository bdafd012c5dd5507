// Recorded refusals of managers.

import t from 'tap'
import { Refusal } from '../../../../src/engine/docker/failures.ts'
import { translateError } from '../../../../src/engine/docker/translate-error.ts'

const HEARD: [status: number, text: string, expected: object][] = [
  [
    503,
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.",
    { code: 'SWARM_UNAVAILABLE' }
  ],
  [
    500,
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online.",
    { code: 'SWARM_UNAVAILABLE' }
  ],
  [500, 'rpc error: code = DeadlineExceeded desc = context deadline exceeded', { code: 'SWARM_UNAVAILABLE' }],
  [500, 'raft: failed to process the request: node losing leader status', { code: 'SWARM_UNAVAILABLE' }],
  [
    409,
    'rpc error: code = AlreadyExists desc = config berth-port-tcp-8001 already exists',
    { code: 'PORT_UNAVAILABLE', facts: { port: 8001 } }
  ],
  [
    400,
    "rpc error: code = InvalidArgument desc = port '9090' is already in use by service 'ing' (x) as an ingress port",
    { code: 'PORT_UNAVAILABLE', facts: { port: 9090 } }
  ],
  [
    409,
    'rpc error: code = AlreadyExists desc = name conflicts with an existing object: service p already exists',
    { code: 'CONTAINER_NAME_TAKEN' }
  ],
  [403, 'The agent of this node serves only tasks that Berth made.', { code: 'CONTAINER_NOT_MANAGED' }],
  [404, 'service p not found', { code: 'CONTAINER_NOT_FOUND' }],
  [404, 'task p not found', { code: 'CONTAINER_NOT_FOUND' }],
  [404, 'node p not found', { code: 'NODE_NOT_FOUND' }],
  [500, 'rpc error: code = Unknown desc = update out of sequence', { code: 'CONTAINER_BUSY' }],
  [500, 'network nonet not found', { code: 'NETWORK_NOT_FOUND' }]
]

for (const [status, text, expected] of HEARD)
  t.test(text, async (t) => {
    const failure = { what: 'do it', isChange: true, address: 'here', cancelled: false }
    t.match(translateError(new Refusal(status, text), failure), expected)
  })

t.test('a timeout of a registry is still attributed to the registry', async (t) => {
  const text = 'Get "https://registry.example/v2/": context deadline exceeded'
  const failure = { what: 'pull', isChange: true, address: 'here', cancelled: false }
  t.match(translateError(new Refusal(500, text), failure), { code: 'REGISTRY_TIMEOUT' })
})
