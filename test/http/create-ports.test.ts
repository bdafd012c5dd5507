import t, { type Test } from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'

t.test('a port that the engine finds taken is skipped, and the client notices nothing', async (t) => {
  const { engine, make, get } = await build(t)
  engine.foreignPorts.add(8001).add(8002)
  t.match(await make({ name: 'web' }), { name: 'web', ports: { '5000/tcp': '127.0.0.1:8003' } })
  t.equal(engine.records().length, 1, 'earlier attempts are removed')
  t.match(engine.specs(), [{ env: { HOST_PORT: '8003' } }])
  const { ports, counts } = (await get('/ports')).json()
  t.match(counts, { bound: 1, blocked: 2, leased: 0 })
  t.match(ports.slice(0, 2), [
    { port: 8001, state: 'blocked', reason: 'the engine found it taken by somebody else' },
    { port: 8002, state: 'blocked' }
  ])
})

/** The engine finds the first port taken, and its first removals fail. */
async function serveWithLeftover(t: Test, failingRemovals: number) {
  const server = await build(t)
  const { engine } = server
  engine.foreignPorts.add(8001)
  const { removeContainer } = engine
  let removals = 0
  engine.removeContainer = async (...args) => {
    if (++removals <= failingRemovals) throw new AppError('ENGINE_TIMEOUT', 'The engine did not remove it in time.')
    return removeContainer(...args)
  }
  return server
}

t.test('the next port is tried under the same name, even if the undo of the first attempt failed', async (t) => {
  const { engine, make } = await serveWithLeftover(t, 1)
  t.match(await make({ name: 'web' }), { name: 'web', ports: { '5000/tcp': '127.0.0.1:8002' } })
  t.equal(engine.records().length, 1, 'the first attempt is removed')
})

t.test('a name that an earlier attempt still has is not reported as taken by somebody else', async (t) => {
  const { engine, post, make } = await serveWithLeftover(t, 2)
  problem(t, await post('/containers', { name: 'web' }), 504, 'ENGINE_TIMEOUT')
  t.match(await make({ name: 'web' }), { name: 'web', state: 'running' })
  t.equal(engine.records().length, 1)
})

t.test('a name that somebody else has costs one list, however many attempts are unsettled', async (t) => {
  const { engine, post } = await serveWithLeftover(t, Infinity)
  for (const port of [8002, 8003]) engine.foreignPorts.add(port)
  for (const name of ['one', 'two']) problem(t, await post('/containers', { name }), 504, 'ENGINE_TIMEOUT')
  engine.add({ name: 'web', state: 'running' })
  const { listContainers } = engine
  let lists = 0
  engine.listContainers = (...args) => (lists++, listContainers(...args))
  problem(t, await post('/containers', { name: 'web', ports: [] }), 409, 'CONTAINER_NAME_TAKEN')
  t.equal(lists, 1)
})

t.test('the create gives up after twenty attempts', async (t) => {
  const { engine, post } = await build(t)
  for (let port = 8001; port <= 8999; port++) engine.foreignPorts.add(port)
  problem(t, await post('/containers'), 409, 'PORT_UNAVAILABLE')
  t.equal(engine.writes().filter((name) => name === 'createContainer').length, 20)
  t.strictSame(engine.records(), [])
})

t.test('a port requested by number is not replaced by another', async (t) => {
  const { engine, post, make, get } = await build(t)
  engine.foreignPorts.add(8005)
  const ports = [{ container_port: 80, host_port: 8005 }]
  const body = problem(t, await post('/containers', { ports }), 409, 'PORT_UNAVAILABLE')
  t.match(body, { port: 8005 })
  t.match((await get('/ports')).json().counts, { leased: 0, bound: 0 })

  await make({ ports: [{ container_port: 80, host_port: 8006 }] })
  const taken = problem(
    t,
    await post('/containers', { ports: [{ container_port: 80, host_port: 8006 }] }),
    409,
    'PORT_UNAVAILABLE'
  )
  t.match(taken, { port: 8006, state: 'bound' })
})

t.test('of several ports only the taken one moves', async (t) => {
  const { engine, make } = await build(t)
  engine.foreignPorts.add(8002)
  const ports = [{ container_port: 80 }, { container_port: 81 }, { container_port: 82, host_port: 8500 }]
  const { ports: given } = await make({ ports })
  const numbers = Object.values(given as Record<string, string>).map((address) => Number(address.split(':')[1]))
  t.notOk(numbers.includes(8002))
  t.equal(numbers[2], 8500)
})

t.test('a conflict that names no port moves the only one', async (t) => {
  const { engine, make } = await build(t)
  const start = engine.startContainer
  let tries = 0
  engine.startContainer = async (id) => {
    if (++tries === 1) throw new AppError('PORT_UNAVAILABLE', 'proxy already running')
    return start(id)
  }
  t.match(await make(), { ports: { '5000/tcp': '127.0.0.1:8002' } })
})

t.test('each port gets one container, and the next create gets the reason', async (t) => {
  const { make, post, get } = await build(t, { env: { BERTH_PORT_RANGE: '8001-8025' } })
  const made = await Promise.all(Array.from({ length: 25 }, () => make()))
  t.equal(new Set(made.map(({ url }) => url)).size, 25)
  const body = problem(t, await post('/containers'), 409, 'PORT_RANGE_EXHAUSTED')
  t.match(body, { range: '8001-8025', counts: { bound: 25, free: 0 } })
  t.match((await get('/ports')).json(), { total_ports: 25, counts: { bound: 25, leased: 0 } })
})

t.test("a stopped container's port is given away only if no other is left", async (t) => {
  const { make, post, ask } = await build(t, { env: { BERTH_PORT_RANGE: '8001-8003' } })
  await make({ name: 'stopped' })
  await post('/containers/stopped/stop')
  t.match((await make()).ports, { '5000/tcp': '127.0.0.1:8002' })
  t.match((await make()).ports, { '5000/tcp': '127.0.0.1:8003' })
  t.match((await make()).ports, { '5000/tcp': '127.0.0.1:8001' })
  await ask('DELETE', '/containers/stopped')
})

t.test('a removed container’s port is used again last', async (t) => {
  const { make, ask } = await build(t, { env: { BERTH_PORT_RANGE: '8001-8003' } })
  const { id } = await make()
  await ask('DELETE', `/containers/${id}?force=true`)
  t.match((await make()).ports, { '5000/tcp': '127.0.0.1:8002' })
  t.match((await make()).ports, { '5000/tcp': '127.0.0.1:8003' })
  t.match((await make()).ports, { '5000/tcp': '127.0.0.1:8001' })
})
