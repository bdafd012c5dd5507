import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { ChangedContainer, Container } from '../../src/containers/schemas.ts'
import type { Health } from '../../src/system/schemas.ts'
import { untilItAgrees } from '../helpers/crash.ts'
import { docker, eventually, ignoreMissing, IMAGE, pause, runForeign } from '../helpers/engine.ts'
import { startFaultProxy } from '../helpers/fault-proxy.ts'
import { portsOf, SLEEPER, startServer, type CreateBody } from '../helpers/server.ts'
import { makeFolder } from '../helpers/folder.ts'

const proxy = await startFaultProxy(t)
const server = await startServer(t, {
  ports: portsOf('faults'),
  socket: proxy.socket,
  env: { BERTH_ENGINE_TIMEOUT_SECONDS: '5' }
})
const CREATE = /^\/containers\/create$/
const START = /^\/containers\/\w+\/start$/
const isUp = () =>
  eventually(async () => {
    const { body } = await server.get<Health>('/health')
    if (body.engine !== 'available') throw new Error('the engine is away')
  })
async function made(t: Test, body: CreateBody = {}): Promise<Container> {
  const answer = await server.create(body)
  t.equal(answer.status, 201, answer.text)
  return answer.body
}
t.afterEach(async () => {
  await isUp()
  await server.removeAll()
  await untilItAgrees(server)
})

t.test('the answer to a create is lost: the container is found again and not made twice', async (t) => {
  proxy.next('POST', CREATE, 'lose answer')
  const { status, body, text } = await server.create({ wait: 'port' })
  t.equal(status, 201, text)
  const there = await server.inEngine()
  t.same(
    there.map(({ Id }) => Id),
    [body.full_id]
  )
})

t.test('the answer to a start is lost', async (t) => {
  proxy.next('POST', START, 'lose answer')
  const { status, body, text } = await server.create({ wait: 'port' })
  t.equal(status, 201, text)
  t.equal(body.state, 'running')
  t.equal((await server.inEngine()).length, 1)
})

t.test('the connection breaks before a create', async (t) => {
  proxy.next('POST', CREATE, 'drop')
  const first = await server.create({}, { headers: { 'idempotency-key': 'broken' } })
  t.match(first, {
    status: 503,
    headers: { 'retry-after': /^\d+$/ },
    body: { code: 'ENGINE_UNAVAILABLE', retryable: true }
  })
  await isUp()
  const second = await server.create({}, { headers: { 'idempotency-key': 'broken' } })
  t.equal(second.status, 201)
  t.equal((await server.inEngine()).length, 1)
})

t.test('the engine fails at one step', async (t) => {
  for (const path of [CREATE, START]) {
    proxy.next('POST', path, 'fail')
    const { status, body } = await server.create()
    t.match({ status, body }, { status: 502, body: { code: 'ENGINE_FAILED', detail: /made up by the test/ } })
    t.equal((await server.inEngine()).length, 0, 'and nothing is left')
    t.match((await server.portOverview()).counts, { leased: 0, bound: 0, parked: 0 })
  }
})

t.test('the undoing of a failed create fails, too: it is made up for', async (t) => {
  proxy.next('POST', START, 'fail')
  proxy.next('DELETE', /^\/containers\//, 'drop')
  const { status } = await server.create()
  t.ok(status === 502 || status === 503, `${status}`)
  await eventually(async () => {
    const there = await server.inEngine()
    if (there.length > 0) throw new Error(`${there.length} left`)
  })
})

t.test('the answer to a change is lost', async (t) => {
  const body = await made(t)
  for (const [verb, path, state] of [
    ['stop', /\/stop$/, 'exited'],
    ['start', START, 'running']
  ] as const) {
    proxy.next('POST', path, 'lose answer')
    const lost = await server.post(`/containers/${body.id}/${verb}`)
    t.ok([200, 503].includes(lost.status), `${verb}: ${lost.status}`)
    await isUp()
    const again = await server.post<ChangedContainer>(`/containers/${body.id}/${verb}`)
    t.match(again, { status: 200, body: { state } }, `${verb} once more`)
  }
  proxy.next('DELETE', /^\/containers\//, 'lose answer')
  const lost = await server.delete(`/containers/${body.id}?force=true`)
  t.ok([200, 503].includes(lost.status), `DELETE: ${lost.status}`)
  await isUp()
  t.match((await server.delete(`/containers/${body.id}?force=true`)).status, 404)
})

t.test('the engine hangs', async (t) => {
  const body = await made(t)
  proxy.freeze()
  const started = performance.now()
  const [create, stop, remove] = await Promise.all([
    server.create(),
    server.post(`/containers/${body.id}/stop?timeout=0`),
    server.delete(`/containers/${body.id}?force=true`)
  ])
  const took = performance.now() - started
  t.comment(`writes ended after ${Math.round(took)} ms`)
  t.ok(took < 20_000, `writes ended after ${Math.round(took)} ms`)
  for (const answer of [create, stop, remove])
    t.match(answer, { status: /^50[34]$/, body: { code: /^ENGINE_(TIMEOUT|UNAVAILABLE)$/, retryable: true } })
  const later = performance.now()
  t.match(await server.create(), {
    status: 503,
    headers: { 'retry-after': /^\d+$/ },
    body: { code: 'ENGINE_UNAVAILABLE' }
  })
  t.ok(performance.now() - later < 1_500, 'once it is known to hang, writes are refused at once')

  const before = performance.now()
  const { body: seen } = await server.get<Container>(`/containers/${body.id}`)
  t.match(seen, { state: 'running', stale: true, age_ms: Number })
  const { body: listed } = await server.get<Container[]>('/containers')
  t.ok(listed.every(({ stale }) => stale))
  t.match(await server.portOverview(), { counts: { bound: Number } })
  t.ok(performance.now() - before < 1_500, 'reads come from memory')
  t.equal((await server.get('/health')).status, 200)
  t.equal((await server.get('/health/ready')).status, 503)

  proxy.thaw()
  const thawed = performance.now()
  await isUp()
  await eventually(async () => {
    const { body: fresh } = await server.get<Container>(`/containers/${body.id}`)
    if (fresh?.stale) throw new Error('still stale')
  })
  t.ok(performance.now() - thawed < 10_000, `back after ${Math.round(performance.now() - thawed)} ms`)
  // What was asked while it hung is carried out now: by the create nothing may be left, for its client was refused.
  await eventually(async () => {
    const there = (await server.inEngine()).filter(({ Id }) => Id !== body.full_id)
    if (there.length > 0) throw new Error(`${there.length} left`)
  })
})

t.test('the engine is away for a while', async (t) => {
  const body = await made(t, { command: SLEEPER })
  await proxy.goAway()
  await eventually(async () => {
    const { body: seen } = await server.get<Container>(`/containers/${body.id}`)
    if (!seen.stale) throw new Error('not noticed yet')
  })
  t.match(await server.create(), {
    status: 503,
    headers: { 'retry-after': /^\d+$/ },
    body: { code: 'ENGINE_UNAVAILABLE' }
  })
  // Meanwhile the world goes on.
  await docker.getContainer(body.full_id).remove({ force: true })
  const foreign = await runForeign(t)
  await proxy.comeBack()
  const back = performance.now()
  await eventually(async () => {
    const gone = await server.get(`/containers/${body.id}`)
    const come = await server.get<Container>(`/containers/${foreign.id}`)
    if (gone.status !== 404 || come.status !== 200) throw new Error(`${gone.status} ${come.status}`)
  })
  t.ok(performance.now() - back < 10_000, `back after ${Math.round(performance.now() - back)} ms`)
  const again = await server.create()
  t.equal(again.status, 201, again.text)
})

t.test('the engine is away when the server starts', async (t) => {
  const folder = makeFolder('away')
  const socket = join(folder, 'engine.sock')
  t.teardown(() => rmSync(folder, { recursive: true }))
  // A listener that never answers, as an engine that hangs.
  const held = new Set<Socket>()
  const silent = createServer((connection) => held.add(connection)).listen(socket)
  t.teardown(() => {
    silent.close()
    for (const connection of held) connection.destroy()
  })
  await once(silent, 'listening')
  const second = await startServer(t, { ports: portsOf('faults'), socket })
  const refusal = { status: 503, headers: { 'retry-after': /^\d+$/ }, body: { code: 'ENGINE_UNAVAILABLE' } }
  t.match(await second.get('/health'), { status: 200, body: { status: 'degraded', engine: 'unavailable' } })
  t.equal((await second.get('/health/ready')).status, 503)
  t.match(await second.get('/containers'), refusal, 'nothing is known, so nothing is said')
  t.match(await second.get('/ports'), refusal)
  t.match(await second.create(), refusal)
  t.notOk(second.hasEnded())
})

t.test('an engine that comes after the server is found', async (t) => {
  const body = await made(t, { command: SLEEPER })
  await server.kill()
  await proxy.goAway()
  await server.start()
  t.match(await server.get('/containers'), { status: 503, body: { code: 'ENGINE_UNAVAILABLE' } })
  await proxy.comeBack()
  const back = performance.now()
  await eventually(async () => {
    const answer = await server.get<Container>(`/containers/${body.id}`)
    if (answer.status !== 200) throw new Error(answer.text)
  })
  t.ok(performance.now() - back < 10_000, `found after ${Math.round(performance.now() - back)} ms`)
})

t.test('one container that the engine cannot describe does not hide the others', async (t) => {
  const stuck = await made(t, { command: SLEEPER })
  const fine = await made(t, { command: SLEEPER })
  await server.kill()
  proxy.next('GET', new RegExp(`^/containers/${stuck.full_id}/json$`), 'hang', 3)
  await server.start()
  t.match(await server.get<Container>(`/containers/${fine.id}`), { status: 200, body: { state: 'running' } })
  t.equal((await server.create({ command: SLEEPER })).status, 201)
  await docker.getContainer(stuck.full_id).remove({ force: true })
})

t.test('changes by other clients are visible within a second', async (t) => {
  const body = await made(t, { command: SLEEPER })
  const container = docker.getContainer(body.full_id)
  const all: number[] = []
  const see = async (what: string, act: () => Promise<unknown>, isSeen: (seen: Container | undefined) => boolean) => {
    await act()
    const acted = performance.now()
    await eventually(async () => {
      const { status, body: seen } = await server.get<Container>(`/containers/${body.full_id}`)
      if (!isSeen(status === 200 ? seen : undefined)) throw new Error(`${what} is not seen`)
    })
    const took = Math.round(performance.now() - acted)
    all.push(took)
    t.ok(took < 5_000, `${what}: ${took} ms, not at the next look at the whole list`)
  }
  await see(
    'rename',
    () => container.rename({ name: `${body.name}-renamed` }),
    (seen) => seen?.name === `${body.name}-renamed`
  )
  await see(
    'pause',
    () => pause(container),
    (seen) => seen?.state === 'paused'
  )
  await see(
    'unpause',
    () => container.unpause(),
    (seen) => seen?.state === 'running'
  )
  await see(
    'update',
    () => container.update({ Memory: 2 ** 26, MemorySwap: 2 ** 26 }),
    (seen) => seen?.limits.memory === 2 ** 26
  )
  await see(
    'kill',
    () => container.kill(),
    (seen) => seen?.state === 'exited'
  )
  await see(
    'start',
    () => container.start(),
    (seen) => seen?.state === 'running'
  )
  await see(
    'removal',
    () => container.remove({ force: true }),
    (seen) => seen === undefined
  )
  // A single one may have waited for a busy machine.
  const prompt = all.filter((took) => took < 1_000).length
  t.ok(prompt > all.length / 2, `${all} ms`)
  const foreign = await docker.createContainer({ Image: IMAGE, Cmd: SLEEPER })
  t.teardown(() => ignoreMissing(foreign.remove({ force: true })))
  await eventually(async () => {
    if ((await server.get(`/containers/${foreign.id}`)).status !== 200) throw new Error('a new container is not seen')
  }, 5_000)
})

t.test('events go missing: the next look at the whole list tells', async (t) => {
  const removed = await made(t, { command: SLEEPER })
  const stopped = await made(t, { command: SLEEPER })
  proxy.loseEvents(true)
  await docker.getContainer(removed.full_id).remove({ force: true })
  await docker.getContainer(stopped.full_id).kill()
  const foreign = await runForeign(t)
  const started = performance.now()
  await eventually(async () => {
    const gone = await server.get(`/containers/${removed.id}`)
    const ended = await server.get<Container>(`/containers/${stopped.id}`)
    const come = await server.get(`/containers/${foreign.id}`)
    if (gone.status !== 404 || ended.body.state !== 'exited' || come.status !== 200) throw new Error('not yet')
  })
  t.comment(`seen after ${Math.round(performance.now() - started)} ms`)
  proxy.loseEvents(false)
})
