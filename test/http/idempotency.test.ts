// Requests with an Idempotency-Key: the same key and request return the same container.

import t from 'tap'
import { createHash } from 'node:crypto'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine, type MemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

const VOLUMES = [{ source: 'data', target: '/data' }]
const key = (value: string) => ({ 'idempotency-key': value })

/** Holds starts until the test releases them. */
function holdStarts(engine: MemoryEngine): () => void {
  const start = engine.startContainer
  const { promise, resolve } = Promise.withResolvers<void>()
  engine.startContainer = async (id) => {
    await promise
    return start(id)
  }
  return resolve
}

t.test('the same key and body return the same container', async (t) => {
  const { post, engine } = await build(t)
  const first = await post('/containers', { env: { A: '1', B: '2' } }, key('one'))
  const second = await post('/containers', { env: { B: '2', A: '1' } }, key('one'))
  t.equal(first.statusCode, 201)
  t.equal(second.statusCode, 200)
  t.match(first.json(), { replayed: false })
  t.match(second.json(), { replayed: true, id: first.json().id, ports: first.json().ports })
  t.equal(engine.records().length, 1)
})

t.test('an explicit default equals an absent field', async (t) => {
  const { post, engine } = await build(t)
  const first = await post('/containers', { ports: [{ container_port: 80 }], volumes: VOLUMES }, key('one'))
  t.equal(first.statusCode, 201, first.body)
  const defaults = {
    image: 'base-api-server:latest',
    pull: 'missing',
    env: {},
    labels: {},
    memory: 512 * 1024 ** 2,
    cpus: 1,
    pids_limit: 256,
    restart: 'no',
    start: true,
    wait: 'running',
    wait_path: '/',
    wait_timeout_seconds: 30
  }
  const written: object[] = Object.entries(defaults).map(([name, value]) => ({ [name]: value }))
  written.push(defaults, { ports: [{ container_port: 80, protocol: 'tcp' }] })
  written.push({ volumes: VOLUMES.map((volume) => ({ ...volume, read_only: false })) })
  for (const more of written) {
    const body = { ports: [{ container_port: 80 }], volumes: VOLUMES, ...more }
    const again = await post('/containers', body, key('one'))
    t.match(again.json(), { replayed: true, id: first.json().id }, JSON.stringify(more))
  }
  const other = await post('/containers', { ports: [{ container_port: 80 }], volumes: [] }, key('one'))
  problem(t, other, 422, 'IDEMPOTENCY_KEY_REUSED')
  t.equal(engine.records().length, 1)
})

t.test('an absent field equals an explicit default', async (t) => {
  const { post } = await build(t)
  const first = await post('/containers', { start: true, env: {}, volumes: [], memory: 512 * 1024 ** 2 }, key('one'))
  t.match((await post('/containers', {}, key('one'))).json(), { replayed: true, id: first.json().id })
})

t.test('the key of a container of an earlier version covers its request as sent', async (t) => {
  const written = { cpus: 0.5, start: true }
  const hash = createHash('sha256').update(JSON.stringify(written)).digest('hex')
  const engine = createMemoryEngine()
  const { id } = engine.add({ labels: { 'io.berth.idempotency-key': 'one', 'io.berth.request-hash': hash } })
  const { post } = await build(t, { engine })
  t.match((await post('/containers', { start: true, cpus: 0.5 }, key('one'))).json(), { replayed: true, full_id: id })
  problem(t, await post('/containers', { cpus: 0.25 }, key('one')), 422, 'IDEMPOTENCY_KEY_REUSED')
})

t.test('concurrent requests with one key share one create', async (t) => {
  const { post, engine } = await build(t)
  const proceed = holdStarts(engine)
  const asked = Array.from({ length: 8 }, () => post('/containers', {}, key('one')))
  await until(() => engine.records().length === 1)
  proceed()
  const answers = await Promise.all(asked)
  t.equal(new Set(answers.map((answer) => answer.json().full_id)).size, 1)
  t.strictSame(answers.map(({ statusCode }) => statusCode).toSorted(), [200, 200, 200, 200, 200, 200, 200, 201])
  t.equal(engine.writes().filter((name) => name === 'createContainer').length, 1)
})

t.test('another body with the same key returns IDEMPOTENCY_KEY_REUSED', async (t) => {
  const { post, engine } = await build(t)
  const proceed = holdStarts(engine)
  const first = post('/containers', {}, key('one'))
  await until(() => engine.records().length === 1)
  problem(t, await post('/containers', { name: 'web' }, key('one')), 422, 'IDEMPOTENCY_KEY_REUSED')
  proceed()
  t.equal((await first).statusCode, 201)
  problem(t, await post('/containers', { cpus: 0.5 }, key('one')), 422, 'IDEMPOTENCY_KEY_REUSED')
  t.equal(engine.records().length, 1)
})

t.test('different keys, and requests without a key, create different containers', async (t) => {
  const { post, engine } = await build(t)
  await post('/containers', {}, key('one'))
  await post('/containers', {}, key('two'))
  await post('/containers')
  await post('/containers')
  t.equal(engine.records().length, 4)
})

t.test('an empty or overlong key returns INVALID_REQUEST', async (t) => {
  const { post, engine } = await build(t)
  for (const value of ['', 'x'.repeat(256)]) {
    const body = problem(t, await post('/containers', {}, key(value)), 400, 'INVALID_REQUEST')
    t.match(body.errors, [{ field: /idempotency-key/ }])
  }
  t.strictSame(engine.writes(), [])
})
