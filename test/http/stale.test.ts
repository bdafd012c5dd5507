// A lost engine is a normal state: reads answer from the last known state and say so, changes ask for a retry.

import t from 'tap'
import type { Test } from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { turn, until } from '../helpers/until.ts'

async function withoutEngine(t: Test) {
  const server = await build(t, { env: { BERTH_EXEC: 'true' } })
  const { full_id: id } = await server.make({ name: 'web' })
  server.engine.goAway()
  // The inventory loses its events.
  await turn()
  return { ...server, id }
}

t.test('reads say that they are stale, and by how much', async (t) => {
  const { get } = await withoutEngine(t)
  for (const url of ['/containers', '/containers/running']) {
    const answer = await get(url)
    t.equal(answer.statusCode, 200, url)
    t.match(answer.json(), [{ name: 'web', state: 'running', stale: true, age_ms: Number }])
  }
  const one = (await get('/containers/web')).json()
  t.match(one, { name: 'web', stale: true })
  t.ok(one.age_ms >= 0)
  t.match((await get('/ports')).json(), { used_ports: [8001], counts: { bound: 1 } })
})

t.test('changes are refused, and say when to retry', async (t) => {
  const { ask, engine, get } = await withoutEngine(t)
  const before = engine.writes().length
  for (const [method, url, payload] of [
    ['POST', '/containers', {}],
    ['POST', '/containers/create', { name: 'new' }],
    ['POST', '/containers/web/start', undefined],
    ['POST', '/containers/web/stop', undefined],
    ['POST', '/containers/web/restart', undefined],
    ['PATCH', '/containers/web', { cpus: 0.5 }],
    ['DELETE', '/containers/web?force=true', undefined],
    ['GET', '/containers/web/wait', undefined],
    ['GET', '/containers/web/top', undefined]
  ] as const) {
    const answer = await ask(method, url, payload === undefined ? {} : { payload })
    const body = problem(t, answer, 503, 'ENGINE_UNAVAILABLE')
    t.equal(answer.headers['retry-after'], '5', `${method} ${url}`)
    t.equal(body.retryable, true)
  }
  t.equal(engine.writes().length, before)
  t.match((await get('/ports')).json().counts, { leased: 0 }, 'and no port is held for them')
})

t.test('a bad request is still a bad request', async (t) => {
  const { post } = await withoutEngine(t)
  problem(t, await post('/containers', { memry: 1 }), 400, 'INVALID_REQUEST')
})

t.test('logs cannot be read', async (t) => {
  const { get } = await withoutEngine(t)
  problem(t, await get('/containers/web/logs'), 503, 'ENGINE_UNAVAILABLE')
})

t.test('liveness stays 200, readiness does not', async (t) => {
  const { get, engine } = await withoutEngine(t)
  const health = await get('/health')
  t.equal(health.statusCode, 200)
  t.match(health.json(), {
    status: 'degraded',
    docker: 'unavailable',
    engine: 'unavailable',
    engine_reason: 'nobody listens',
    engine_since: /^\d{4}-/,
    inventory: 'stale',
    inventory_age_ms: Number
  })
  const ready = await get('/health/ready')
  problem(t, ready, 503, 'ENGINE_UNAVAILABLE')
  t.equal(ready.headers['retry-after'], '5')
  engine.comeBack()
  t.equal((await get('/health/ready')).statusCode, 200)
})

t.test('once it is back, responses are fresh and include changes in the meantime', async (t) => {
  const { get, engine, id, post } = await withoutEngine(t)
  for (const record of engine.records()) if (record.id === id) Object.assign(record, { state: 'exited', exitCode: 137 })
  engine.comeBack()
  await until(async () => !('stale' in (await get('/containers/web')).json()))
  t.match((await get('/containers/web')).json(), { state: 'exited', exit_code: 137 })
  t.equal((await post('/containers')).statusCode, 201)
})

t.test('only a container that the engine cannot describe is marked as stale', async (t) => {
  let ahead = 0
  const server = await build(t, { now: () => performance.now() + ahead })
  const { get, engine, make } = server
  const { full_id: id } = await make({ name: 'web' })
  await make({ name: 'other' })
  t.match((await get('/health')).json(), { status: 'healthy', inventory: 'in_sync' })

  const inspect = engine.inspectContainer
  engine.inspectContainer = async (asked, signal) => {
    if (asked === id) throw new AppError('ENGINE_TIMEOUT', 'The engine took too long.')
    return inspect(asked, signal)
  }
  engine.change(id, 'update', {
    limits: { memoryBytes: 5, cpus: null, pids: null, nofile: null, storageBytes: null, ioWeight: null }
  })
  await until(async () => {
    ahead += 31_000
    return 'stale' in (await get('/containers/web')).json()
  })
  const one = (await get('/containers/web')).json()
  t.ok(one.age_ms >= 30_000, `${one.age_ms}`)
  for (const url of ['/containers', '/containers?limit=10']) {
    const list: { name: string; stale?: true; age_ms?: number }[] = (await get(url)).json()
    t.match(
      list.find(({ name }) => name === 'web'),
      { stale: true, age_ms: Number },
      url
    )
    t.notMatch(
      list.find(({ name }) => name === 'other'),
      { stale: true },
      url
    )
  }
  t.match((await get('/health')).json(), {
    status: 'degraded',
    docker: 'connected',
    inventory: 'stale',
    inventory_age_ms: Number,
    unread_containers: 1
  })
  t.equal((await get('/health/ready')).statusCode, 200, 'every other call works')

  engine.inspectContainer = inspect
  await until(async () => !('stale' in (await get('/containers/web')).json()))
  t.match((await get('/containers')).json(), [{ stale: undefined }, { stale: undefined }])
  t.match((await get('/containers/web')).json(), { limits: { memory: 5 } })
  t.match((await get('/health')).json(), { status: 'healthy', inventory: 'in_sync' })
})

t.test('a server that starts without an engine', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'web' })
  engine.goAway()
  const { get, post } = await build(t, { engine, early: true })
  t.equal((await get('/health')).statusCode, 200)
  t.match((await get('/')).json(), { name: 'Berth' })
  problem(t, await post('/containers'), 503, 'ENGINE_UNAVAILABLE')
  problem(t, await get('/containers'), 503, 'ENGINE_UNAVAILABLE')
  engine.comeBack()
  await until(async () => (await get('/containers')).statusCode === 200)
  t.match((await get('/containers')).json(), [{ name: 'web' }])
})
