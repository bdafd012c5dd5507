// The image and environment of a container are fixed at its creation, so a change replaces the container.

import t from 'tap'
import type { Test } from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

const BODY = {
  name: 'web',
  ports: [{ container_port: 80 }],
  env: { GREETING: 'hello', OLD: 'yes' },
  labels: { team: 'red' },
  command: ['serve'],
  volumes: [{ source: 'data', target: '/data' }],
  cpus: 0.5,
  ttl_seconds: 3600
}
const IMAGES = ['base-api-server:latest', 'app:2']

async function withWeb(t: Test) {
  const server = await build(t, { engine: createMemoryEngine({ images: IMAGES }) })
  const before = await server.make(BODY)
  const patch = (payload: object) => server.ask('PATCH', '/containers/web', { payload })
  return { ...server, before, patch }
}

t.test('a change of the environment', async (t) => {
  const { patch, before, engine, get } = await withWeb(t)
  const answer = await patch({ env: { GREETING: 'bye', OLD: null, NEW: '1' } })
  t.equal(answer.statusCode, 200, answer.body)
  const after = answer.json()
  t.match(after, { name: 'web', state: 'running', changed: true, replaced: before.full_id, message: /recreated from/ })
  for (const field of ['image', 'labels', 'command', 'ports', 'volumes', 'limits', 'restart', 'managed', 'expires_at'])
    t.strictSame(after[field], before[field], `${field} is the same`)
  t.equal(engine.records().length, 1)
  t.strictSame(engine.specs()[0]?.env, { HOST_PORT: '8001', GREETING: 'bye', NEW: '1' })
  t.match((await get(`/containers/${before.id}`)).json(), { full_id: after.full_id }, 'the old id finds it')
})

t.test('a change of the image, limits and expiry at once', async (t) => {
  const { patch, before } = await withWeb(t)
  const after = (await patch({ image: 'app:2', cpus: 0.25, restart: 'always', ttl_seconds: null })).json()
  t.match(after, { image: 'app:2', limits: { cpus: 0.25 }, restart: 'always', expires_at: null, ports: before.ports })
})

t.test('a stopped container stays stopped', async (t) => {
  const { patch, post, before } = await withWeb(t)
  await post('/containers/web/stop')
  t.match((await patch({ image: 'app:2' })).json(), { state: 'created', image: 'app:2', replaced: before.full_id })
  t.match((await post('/containers/web/start')).json(), { state: 'running', ports: before.ports })
})

t.test('after a failure the old container is back and runs', async (t) => {
  const { patch, engine, before } = await withWeb(t)
  const start = engine.startContainer
  engine.startContainer = async (id) => {
    if (id !== before.full_id) throw new AppError('CONTAINER_START_FAILED', 'no')
    return start(id)
  }
  problem(t, await patch({ image: 'app:2' }), 422, 'CONTAINER_START_FAILED')
  t.match(engine.records(), [{ id: before.full_id, name: 'web', state: 'running' }])
  t.equal(engine.records().length, 1)
})

t.test('an image that cannot be pulled stops nothing', async (t) => {
  const { patch, engine } = await withWeb(t)
  t.equal((await patch({ image: 'registry.example.com/none:1' })).statusCode, 502)
  t.notOk(engine.writes().includes('stopContainer'))
})

t.test('after a crash in the middle the old container runs again', async (t) => {
  const server = await withWeb(t)
  const { engine, before, patch } = server
  let isDown = false
  const down = new AppError('ENGINE_UNAVAILABLE', 'gone')
  const { startContainer, removeContainer } = engine
  // The engine goes away before the new one starts, and comes back when nothing could be undone.
  engine.startContainer = async (id) => {
    if (id !== before.full_id) isDown = true
    if (isDown) throw down
    return startContainer(id)
  }
  engine.removeContainer = async (...args) => {
    if (isDown) throw down
    return removeContainer(...args)
  }
  t.equal((await patch({ image: 'app:2' })).statusCode, 503)
  t.match(engine.records(), [{ id: before.full_id, state: 'exited' }, { state: 'created' }])
  engine.startContainer = startContainer
  isDown = false
  await until(() => engine.records().length === 1, 10_000)
  t.match(engine.records(), [{ id: before.full_id, name: 'web', state: 'running' }])
})

t.test('foreign and paused containers are not recreated', async (t) => {
  const engine = createMemoryEngine({ images: IMAGES })
  engine.add({ name: 'foreign' })
  const { ask, make, post } = await build(t, { engine, env: { BERTH_MANAGE_FOREIGN: 'true' } })
  const patch = (name: string) => ask('PATCH', `/containers/${name}`, { payload: { env: { A: 'b' } } })
  problem(t, await patch('foreign'), 403, 'CONTAINER_NOT_MANAGED')
  await make({ name: 'web' })
  await post('/containers/web/pause')
  problem(t, await patch('web'), 409, 'CONTAINER_NOT_RUNNING')
})

t.test('the policy refuses a change', async (t) => {
  const engine = createMemoryEngine({ images: IMAGES })
  const { ask, make } = await build(t, { engine, policy: { images: ['base-api-server'] } })
  await make({ name: 'web' })
  problem(t, await ask('PATCH', '/containers/web', { payload: { image: 'app:2' } }), 403, 'POLICY_REFUSED')
})
