import t from 'tap'
import type { ChangedContainer } from '../../src/containers/schemas.ts'
import { askPort, eventually, listenOn, runForeign } from '../helpers/engine.ts'
import { hostPort, portsOf, SLEEPER, startServer, type Range, type Server } from '../helpers/server.ts'

const { first } = portsOf('ports')
const someFrom = (offset: number, count: number): Range => ({ first: first + offset, last: first + offset + count - 1 })
const portOf = async (server: Server) => hostPort((await server.create({ command: SLEEPER })).body)

t.test('a port on which another process listens is skipped', async (t) => {
  const ports = someFrom(0, 5)
  await listenOn(t, ports.first)
  await listenOn(t, ports.first + 1, '0.0.0.0')
  await listenOn(t, ports.first + 2, '::')
  const server = await startServer(t, { ports })
  t.equal(await portOf(server), ports.first + 3)
  const overview = await server.portOverview()
  t.match(overview.counts, { bound: 1, blocked: 3, free: 1 })
  t.match(overview.ports[0], { port: ports.first, state: 'blocked', holder: null, reason: /another process/ })
})

t.test('it is also skipped if the server cannot see the listener', async (t) => {
  const ports = someFrom(0, 4)
  await listenOn(t, ports.first)
  await listenOn(t, ports.first + 2)
  const server = await startServer(t, { ports, env: { BERTH_HOST_PROC: '/none' } })
  t.same([await portOf(server), await portOf(server)], [ports.first + 1, ports.first + 3])
  const refused = await server.create({ command: SLEEPER })
  t.match(refused, { status: 409, body: { code: 'PORT_RANGE_EXHAUSTED', counts: { bound: 2, blocked: 2 } } })
  t.equal((await server.inEngine()).length, 2, 'the failed starts left nothing')
})

t.test('a port of a foreign container is skipped', async (t) => {
  const ports = someFrom(0, 4)
  const before = await runForeign(t, { port: ports.first })
  const server = await startServer(t, { ports, env: { BERTH_HOST_PROC: '/none' } })
  await runForeign(t, { port: ports.first + 1 })
  await eventually(async () => {
    const overview = await server.portOverview()
    if (overview.counts.bound < 2) throw new Error(JSON.stringify(overview.counts))
    t.match(overview.ports[0]?.holder, { id: before.id.slice(0, 12), managed: false })
  })
  t.equal(await portOf(server), ports.first + 2)
})

t.test('a parked port is given away last, and the longest parked first', async (t) => {
  const ports = someFrom(0, 4)
  const server = await startServer(t, { ports })
  const made = [await server.create(), await server.create(), await server.create()].map(({ body }) => body)
  const [one, two, three] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]]
  await server.post(`/containers/${two.id}/stop`)
  await server.post(`/containers/${one.id}/stop`)
  t.equal(await portOf(server), ports.first + 3, 'the free one before any parked one')

  const { body: again } = await server.post<ChangedContainer>(`/containers/${one.id}/start`)
  t.same(again.ports, one.ports, 'the port comes back if nobody needed it')
  await server.post(`/containers/${one.id}/stop`)
  await server.post(`/containers/${three.id}/stop`)
  const overview = await server.portOverview()
  t.match(overview.counts, { free: 0, bound: 1, parked: 3 })

  const given = [await portOf(server), await portOf(server), await portOf(server)]
  t.same(given, [hostPort(two), hostPort(one), hostPort(three)])
  const refused = await server.create({ command: SLEEPER })
  t.match(refused, {
    status: 409,
    body: { code: 'PORT_RANGE_EXHAUSTED', counts: { bound: 4, parked: 0, blocked: 0, reserved: 0, free: 0 } }
  })
  t.match(await server.post(`/containers/${two.id}/start`), { status: 409, body: { code: 'PORT_RANGE_EXHAUSTED' } })
  t.equal((await server.inEngine()).length, 7)
})

t.test('a port that was just released is available at once', async (t) => {
  const ports = someFrom(0, 1)
  const server = await startServer(t, { ports })
  let watching = true
  const watchers = [1, 2].map(async () => {
    while (watching) await server.portOverview()
  })
  for (let round = 1; round <= 4; round++) {
    const { status, text, body } = await server.create({ command: SLEEPER })
    t.equal(status, 201, `round ${round}: ${text}`)
    await server.post(`/containers/${body.id}/stop?timeout=0`)
    const { body: started, status: again } = await server.post<ChangedContainer>(`/containers/${body.id}/start`)
    t.equal(again, 200, `round ${round}: ${JSON.stringify(started)}`)
    t.notOk(started.replaced, `round ${round} keeps its port`)
    await server.delete(`/containers/${body.id}?force=true`)
  }
  watching = false
  await Promise.all(watchers)
})

t.test('the server knows every port again after a restart', async (t) => {
  const ports = someFrom(0, 8)
  await listenOn(t, ports.first + 1)
  await runForeign(t, { port: ports.first + 2 })
  const server = await startServer(t, { ports, env: { BERTH_RESERVED_PORTS: String(ports.first) } })
  const running = await server.create({ wait: 'port' })
  const stopped = await server.create()
  await server.post(`/containers/${stopped.body.id}/stop`)
  await server.create({ start: false, ports: [{ container_port: 53, protocol: 'udp' }] })
  const states = async () => {
    const { counts, udp_counts: udp, ports: rows } = await server.portOverview()
    return { counts, udp, rows }
  }
  const before = await states()
  t.match(before.counts, { reserved: 1, blocked: 1, bound: 2, parked: 1, free: 3 })

  await server.kill('SIGTERM')
  await server.start()
  t.same(await eventually(() => sameAs(before, states)), before, 'after an orderly end')
  await server.kill('SIGKILL')
  await server.start()
  t.same(await eventually(() => sameAs(before, states)), before, 'after a kill')
  t.equal(await askPort(hostPort(running.body)), String(hostPort(running.body)), 'the workloads kept running')
})

async function sameAs<T>(expected: T, ask: () => Promise<T>): Promise<T> {
  const found = await ask()
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(JSON.stringify(found))
  return found
}
