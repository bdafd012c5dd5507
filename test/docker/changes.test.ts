import t from 'tap'
import type { ChangedContainer, Container } from '../../src/containers/schemas.ts'
import { untilItAgrees } from '../helpers/crash.ts'
import { docker, eventually, pause } from '../helpers/engine.ts'
import { hostPort, portsOf, SLEEPER, startServer } from '../helpers/server.ts'

const server = await startServer(t, { ports: portsOf('changes'), env: { BERTH_ENGINE_CONCURRENCY: '2' } })
/** Ignores the stop signal by the time its port answers. */
const STUBBORN = { command: ['sh', '-c', 'trap "" TERM; exec httpd -f -p 5000 -h /tmp'], wait: 'port' as const }
t.afterEach(async () => {
  await server.removeAll()
  await untilItAgrees(server)
})

t.test('one of many concurrent removals of a container removes it', async (t) => {
  const { body } = await server.create({ command: SLEEPER })
  const answers = await Promise.all(Array.from({ length: 8 }, () => server.delete(`/containers/${body.id}?force=true`)))
  t.same(answers.map(({ status }) => status).sort(), [200, 404, 404, 404, 404, 404, 404, 404])
})

t.test('concurrent starts, stops and restarts of a container run one after the other', async (t) => {
  const { body } = await server.create()
  const verbs = ['stop', 'start', 'restart', 'stop', 'start', 'restart', 'stop', 'start']
  const answers = await Promise.all(
    verbs.map((verb) => {
      const query = verb === 'start' ? '' : '?timeout=1'
      return server.post<ChangedContainer>(`/containers/${body.id}/${verb}${query}`)
    })
  )
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]))
  t.ok(answers.every(({ body: { full_id: id, replaced } }) => id === body.full_id && !replaced))
  t.match((await server.get<Container>(`/containers/${body.id}`)).body, { state: 'running', ports: body.ports })
  await untilItAgrees(server)
})

t.test('a name is assigned once', async (t) => {
  const name = `berth-test-${process.pid}`
  const answers = await Promise.all(Array.from({ length: 8 }, () => server.create({ name, command: SLEEPER })))
  t.same(answers.map(({ status }) => status).sort(), [201, 409, 409, 409, 409, 409, 409, 409])
  t.same(new Set(answers.map(({ body }) => body.code)), new Set([undefined, 'CONTAINER_NAME_TAKEN']))
  t.equal((await server.inEngine()).length, 1)
  t.match((await server.portOverview()).counts, { bound: 1, leased: 0, parked: 0 })
})

t.test('a container removed while its create waits', async (t) => {
  const waiting = server.create({ name: `berth-test-removed-${process.pid}`, command: SLEEPER, wait: 'port' })
  const id = await eventually(async () => {
    const [there] = await server.inEngine()
    if (there?.State !== 'running') throw new Error('not running yet')
    return there.Id
  })
  await docker.getContainer(id).remove({ force: true })
  t.match(await waiting, { status: 404, body: { code: 'CONTAINER_NOT_FOUND' } })
  t.match((await server.portOverview()).counts, { bound: 0, leased: 0, parked: 0 })
})

t.test('a stop waits for its timeout, and delays nothing else', async (t) => {
  const stubborn = await Promise.all([1, 2, 3].map(() => server.create({ ...STUBBORN, stop_timeout: 6 })))
  const started = performance.now()
  const stops = stubborn.map(({ body }) => server.post<ChangedContainer>(`/containers/${body.id}/stop`))
  let ended = 0
  for (const stop of stops) void stop.then(() => ended++)
  const made = await server.create({ command: SLEEPER })
  t.equal(made.status, 201)
  t.equal(ended, 0, `a create meanwhile took ${Math.round(performance.now() - started)} ms`)
  for (const { status, body } of await Promise.all(stops))
    t.match({ status, body }, { status: 200, body: { state: 'exited', exit_code: 137, message: /killed/ } })
  const took = performance.now() - started
  t.ok(took > 6_000 && took < 18_000, `${Math.round(took)} ms; one after the other would take 18 s`)
})

t.test('a stop may take longer than a change of the engine', async (t) => {
  const hasty = await startServer(t, { ports: portsOf('changes'), env: { BERTH_ENGINE_TIMEOUT_SECONDS: '10' } })
  const { body } = await hasty.create({ ...STUBBORN, stop_timeout: 12 })
  t.match(await hasty.post(`/containers/${body.id}/stop`), { status: 200, body: { state: 'exited' } })
})

t.test('a paused container is neither started nor replaced', async (t) => {
  const { body } = await server.create()
  const container = docker.getContainer(body.full_id)
  await pause(container)
  const refused = await server.post(`/containers/${body.id}/start`)
  t.match(refused, { status: 409, body: { code: 'CONTAINER_NOT_RUNNING' } })
  t.equal((await container.inspect()).State.Status, 'paused')
  t.equal((await server.delete(`/containers/${body.id}`)).status, 409)
  const { body: restarted } = await server.post<ChangedContainer>(`/containers/${body.id}/restart?timeout=1`)
  t.match(restarted, { state: 'running', full_id: body.full_id, ports: body.ports })
})

t.test('a container that the engine restarts again and again', async (t) => {
  const { body } = await server.create({ command: ['sh', '-c', 'exit 1'], restart: 'always' })
  await eventually(async () => {
    const { body: seen } = await server.get<Container>(`/containers/${body.id}`)
    if (seen.restart_count < 2) throw new Error(`${seen.restart_count} restarts`)
  })
  const { ports } = await server.portOverview()
  t.match(ports, [{ port: hostPort(body), state: 'bound', holder: { id: body.id } }], 'keeps its port throughout')
  const again = await server.post<ChangedContainer>(`/containers/${body.id}/start`)
  t.match(again, { status: 200, body: { full_id: body.full_id } })
  t.notOk(again.body.replaced)
  t.match(await server.post(`/containers/${body.id}/stop`), { status: 200, body: { state: 'exited' } })
})
