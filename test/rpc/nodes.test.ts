import t from 'tap'
import { buildRpc, refusal } from '../helpers/grpc.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { createNodes, OTHER } from '../helpers/nodes.ts'

t.test('nodes are listed, found, drained and activated', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'web', node: { id: OTHER.id, name: OTHER.name, address: OTHER.address } })
  const { docker } = await buildRpc(t, { engine, nodes: createNodes() })
  t.match(await docker.listDockerNodes({}), {
    nodes: [
      { name: 'one', role: 'manager', leader: true, reachable: true, memory: 1024n, containers: [] },
      { name: 'two', role: 'worker', reachable: undefined, containers: [{ name: 'web' }] }
    ]
  })
  t.match(await docker.getDockerNode({ id: OTHER.id }), { node: { name: 'two', address: '10.0.0.1' } })
  t.match(await refusal(docker.getDockerNode({ id: 'three' })), { status: 'NotFound', reason: 'NODE_NOT_FOUND' })
  t.match(await docker.drainDockerNode({ id: 'two' }), { node: { name: 'two', availability: 'drain' } })
  t.match(await docker.activateDockerNode({ id: 'two' }), { node: { name: 'two', availability: 'active' } })
})

t.test('a single engine has no nodes', async (t) => {
  const { docker } = await buildRpc(t)
  t.match(await refusal(docker.listDockerNodes({})), { status: 'FailedPrecondition', reason: 'SWARM_NEEDED' })
})
