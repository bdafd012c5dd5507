// Servers on a Swarm of four nodes: their answers, and the workloads of failed nodes. BERTH_TEST_FULL=1
// (`npm run test:swarm`) also checks the engine against the whole contract, and cuts nodes off.

import t from 'tap'
import { createServiceHelpers, startSwarmServer } from './server.ts'
import { clusterRegistry } from './cluster-registry.ts'
import { swarmContract } from './contract.ts'
import { noSwarm, startLab } from './lab.ts'
import { olderSystems } from './older-systems.ts'
import { eventually } from '../helpers/engine.ts'
import { hostPort, WORKLOAD } from '../helpers/server.ts'

const isFull = process.env.BERTH_TEST_FULL === '1'

t.test('a Swarm', { skip: noSwarm }, async (t) => {
  const lab = startLab(t, { nodes: 4 })
  const server = await startSwarmServer(t, lab)
  const { answers, nodeOf } = createServiceHelpers(server)

  await t.test('a container behaves as on a single engine', async (t) => {
    const made = await server.create({ name: 'life', command: WORKLOAD, wait: 'port' })
    t.equal(made.status, 201, made.text)
    t.match(made.body, { name: 'life', state: 'running', id: /^[0-9a-f]{12}$/, node: { id: String, name: /^n\d$/ } })
    t.equal(await answers('life'), new URL(made.body.url ?? '').port, 'its URL leads to it')
    const [service] = await lab.manager.engine.listServices({ filters: { name: ['life'] } })
    t.match(service?.Spec, { Mode: { Replicated: { Replicas: 1 } } })

    t.match((await server.get('/containers/life/logs')).status, 200)
    const stopped = await server.post('/containers/life/stop')
    t.match(stopped.body, { state: 'exited', url: null, node: null })
    t.match((await server.get('/containers/life/logs')).body, { code: 'OUTPUT_GONE' })
    t.match((await server.post('/containers/life/start')).body, { state: 'running' })
    t.match((await server.post('/containers/life/restart')).body, { state: 'running' })
    const changed = await server.patch('/containers/life', { env: { GREETING: 'hello' }, cpus: 0.5 })
    t.match(changed.body, { id: made.body.id, state: 'running', limits: { cpus: 0.5 } }, changed.text)
    t.ok((changed.body as { env?: string[] }).env?.includes('GREETING'), 'in place')
    t.match((await server.post('/containers/life/rename', { name: 'other' })).body, { code: 'ENGINE_UNSUPPORTED' })
    t.match((await server.delete('/containers/life?force=true')).body, { removed: true })
    t.strictSame(await lab.manager.engine.listServices({ filters: { name: ['life'] } }), [])
    t.strictSame(await lab.manager.engine.listConfigs(), [], 'its port is free')
  })

  await t.test('settings that a service cannot have are refused with a code', async (t) => {
    const network = await server.create({ name: 'closed', network: 'none', ports: [] })
    t.match(network.body, { code: 'ENGINE_UNSUPPORTED' })
    const missing = await server.create({ name: 'missing', image: 'none/such:1', pull: 'never' })
    t.match(missing.body, { code: 'IMAGE_NOT_FOUND' })
    const broken = await server.create({ name: 'broken', user: 'nosuchuser' })
    t.match(broken.body, { code: 'CONTAINER_START_FAILED' })
    t.strictSame(await lab.manager.engine.listServices(), [], 'and nothing is left')
    t.strictSame(await lab.manager.engine.listConfigs(), [])
  })

  await t.test('constraints choose the node, and an error says when none is left', async (t) => {
    const on = await server.create({ name: 'chosen', constraints: ['node.hostname == n3'] })
    t.match(on.body, { node: { name: 'n3' } }, on.text)
    const nowhere = await server.create({
      name: 'nowhere',
      constraints: ['node.hostname == n9'],
      spread: 'node.labels.rack'
    })
    t.match(nowhere.body, { code: 'NODE_UNSUITABLE', detail: /constraints not satisfied on 4 nodes/ })
    const said = await server.post('/containers/chosen/exec', { command: ['hostname'] })
    t.match(said.body, { exit_code: 0 }, said.text)
    t.match(
      (await server.get('/containers/chosen/top')).body,
      { processes: [{}] },
      'Berth asks the engine of another node'
    )
    t.match((await server.get('/containers/chosen/stats')).body, { name: 'chosen', memory_bytes: Number })
    t.match((await server.get('/containers/nowhere')).body, { code: 'CONTAINER_NOT_FOUND' })
    await server.delete('/containers/chosen?force=true')
  })

  await t.test('two servers never give one port twice', async (t) => {
    const other = await startSwarmServer(t, lab)
    const makers = [server, other, server, other, server, other]
    const made = await Promise.all(makers.map((maker) => maker.create({ command: ['sleep', '3600'] })))
    t.strictSame(
      made.map(({ status }) => status),
      makers.map(() => 201),
      made.map(({ text }) => text).join('\n')
    )
    const ports = made.map(({ body }) => Object.values(body.ports)[0]?.split(':').at(-1))
    t.equal(new Set(ports).size, makers.length)
    await Promise.all(made.map(({ body }) => server.delete(`/containers/${body.id}?force=true`)))
  })

  await t.test('an image that was built here goes to the registry of the cluster', (t) => clusterRegistry(t, lab))

  await t.test('calls of older systems', { skip: !isFull && 'at full size' }, (t) => olderSystems(t, lab))

  await t.test('a workload of a failed node returns on another, and the API shows which', async (t) => {
    await server.create({ name: 'moved', wait: 'port' })
    t.match((await server.post(`/nodes/${lab.manager.name}/drain`)).body, { availability: 'drain' })
    const first = lab.at(
      await eventually(async () => {
        const address = await nodeOf('moved')
        if (lab.at(address) === lab.manager) throw new Error('a drain does not move it')
        return address
      })
    )
    lab.kill(first)
    await eventually(async () => {
      const address = await nodeOf('moved')
      if (lab.at(address) === first) throw new Error('it is still on the lost node')
      return answers('moved')
    })
    t.not(lab.at(await nodeOf('moved')), first)
    t.match((await server.get('/containers/moved')).body, { state: 'running', restart: 'no' })
    t.match((await server.get('/nodes')).body, [{ name: 'n1' }, { name: 'n2' }, { name: 'n3' }, { name: 'n4' }])
    t.match((await server.get(`/nodes/${first.name}`)).body, { state: 'down', containers: [] })
    t.match((await server.get('/metrics')).text, new RegExp(`^berth_node_up{.*name="${first.name}".*} 0$`, 'm'))
    t.match((await server.post(`/nodes/${lab.manager.name}/activate`)).body, { availability: 'active' })
    lab.start(first)
    await server.delete('/containers/moved?force=true')
  })

  for (const [what, cut, mend] of [
    ['is cut off', lab.partition, lab.heal],
    ['loses its engine', lab.killEngine, lab.startEngine]
  ] as const)
    await t.test(
      `a workload whose node ${what} runs exactly once in the end`,
      { skip: !isFull && 'at full size' },
      async (t) => {
        await server.post(`/nodes/${lab.manager.name}/drain`)
        const { body } = await server.create({ name: 'cut', wait: 'port' })
        const first = lab.at(body.node?.address ?? '')
        cut(first)
        await eventually(async () => {
          if (lab.at(await nodeOf('cut')) === first) throw new Error('it is still there')
          return answers('cut')
        })
        mend(first)
        await eventually(async () => {
          const running = await first.engine.listContainers()
          if (running.length > 0) throw new Error('the old task goes on')
        })
        t.equal(await answers('cut'), String(hostPort(body)))
        await server.delete('/containers/cut?force=true')
        await server.post(`/nodes/${lab.manager.name}/activate`)
      }
    )

  await t.test('the engine fulfils the contract', async (t) => {
    for (const worker of lab.workers) await lab.setAvailability(worker, 'drain')
    await swarmContract(t, { socket: lab.manager.socket, isFull })
  })
})
