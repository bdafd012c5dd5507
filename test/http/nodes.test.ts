// The machines of a Swarm, and the answers of a single engine.

import t from 'tap'
import type { NodeRecord } from '../../src/engine/contract/nodes.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { createNodes, NODE, OTHER } from '../helpers/nodes.ts'

t.test('GET /nodes lists the nodes with the containers on each', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'web', node: { id: OTHER.id, name: OTHER.name, address: OTHER.address } })
  const { get } = await build(t, { engine, nodes: createNodes() })
  const answer = await get('/nodes')
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), [
    { name: 'one', role: 'manager', leader: true, containers: [] },
    { name: 'two', role: 'worker', reachable: null, containers: [{ name: 'web' }] }
  ])
  t.match((await get('/containers/web')).json(), { node: { id: OTHER.id, name: 'two', address: '10.0.0.1' } })
})

t.test('GET /nodes/{id} finds a node by its id or name', async (t) => {
  const { get } = await build(t, { nodes: createNodes() })
  t.match((await get('/nodes/two')).json(), { id: OTHER.id })
  t.match((await get(`/nodes/${OTHER.id}`)).json(), { name: 'two' })
  problem(t, await get('/nodes/three'), 404, 'NODE_NOT_FOUND')
})

t.test('POST /nodes/{id}/drain and /activate change the availability of a node', async (t) => {
  const { post, get } = await build(t, { nodes: createNodes() })
  t.match((await post('/nodes/two/drain')).json(), { name: 'two', availability: 'drain' })
  t.match((await get('/nodes/two')).json(), { availability: 'drain' })
  t.match((await post('/nodes/two/activate')).json(), { availability: 'active' })
})

t.test('the metrics cover each node', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'web', node: { id: OTHER.id, name: OTHER.name, address: OTHER.address } })
  const nodes = createNodes()
  nodes.look(NODE, { ...OTHER, state: 'down', availability: 'drain' })
  const { get } = await build(t, { engine, nodes })
  const lines = (await get('/metrics')).body.split('\n').filter((line) => line.startsWith('berth_node_'))
  const labelsOf = ({ id, name, role }: NodeRecord) => `{id="${id}",name="${name}",role="${role}"}`
  t.strictSame(lines, [
    `berth_node_up${labelsOf(NODE)} 1`,
    `berth_node_up${labelsOf(OTHER)} 0`,
    `berth_node_active${labelsOf(NODE)} 1`,
    `berth_node_active${labelsOf(OTHER)} 0`,
    `berth_node_containers${labelsOf(NODE)} 0`,
    `berth_node_containers${labelsOf(OTHER)} 1`
  ])
  t.notMatch((await (await build(t)).get('/metrics')).body, 'berth_node_', 'not on a single engine')
})

t.test('a single engine has no nodes', async (t) => {
  const { get, post } = await build(t)
  for (const answer of [await get('/nodes'), await get('/nodes/one'), await post('/nodes/one/drain')])
    problem(t, answer, 409, 'SWARM_NEEDED')
})

t.test('a single engine refuses the choice of a node', async (t) => {
  const { post } = await build(t)
  problem(t, await post('/containers', { constraints: ['node.role == worker'] }), 409, 'SWARM_NEEDED')
  const refused = problem(t, await post('/containers', { constraints: ['role=worker'] }), 400, 'INVALID_REQUEST')
  t.match(refused.errors, [{ field: 'constraints.0' }])
})
