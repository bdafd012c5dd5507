import t from 'tap'
import { createHash } from 'node:crypto'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine, type MemoryEngine } from '../helpers/memory-engine.ts'
import { binding } from '../helpers/records.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'
import { until } from '../helpers/until.ts'

const VOLUMES = [{ source: 'data', target: '/data' }]
const key = (value: string) => ({ 'idempotency-key': value })

/** Containers are made and not started before the test says so. */
function holdStarts(engine: MemoryEngine): () => void {
  const start = engine.startContainer
  const { promise, resolve } = Promise.withResolvers<void>()
  engine.startContainer = async (id) => {
    await promise
    return start(id)
  }
  return resolve
}

t.test('the same key and body give the same container', async (t) => {
  const { post, engine } = await build(t)
  const first = await post('/containers', { env: { A: '1', B: '2' } }, key('one'))
  const second = await post('/containers', { env: { B: '2', A: '1' } }, key('one'))
  t.equal(first.statusCode, 201)
  t.equal(second.statusCode, 200)
  t.match(first.json(), { replayed: false })
  t.match(second.json(), { replayed: true, id: first.json().id, ports: first.json().ports })
  t.equal(engine.records().length, 1)
})

t.test('a default that is written out changes nothing', async (t) => {
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

t.test('the other way round, too: written out first, then left out', async (t) => {
  const { post } = await build(t)
  const first = await post('/containers', { start: true, env: {}, volumes: [], memory: 512 * 1024 ** 2 }, key('one'))
  t.match((await post('/containers', {}, key('one'))).json(), { replayed: true, id: first.json().id })
})

t.test('a container of an earlier version, whose key went with what was written', async (t) => {
  const written = { cpus: 0.5, start: true }
  const hash = createHash('sha256').update(JSON.stringify(written)).digest('hex')
  const engine = createMemoryEngine()
  const { id } = engine.add({ labels: { 'io.berth.idempotency-key': 'one', 'io.berth.request-hash': hash } })
  const { post } = await build(t, { engine })
  t.match((await post('/containers', { start: true, cpus: 0.5 }, key('one'))).json(), { replayed: true, full_id: id })
  problem(t, await post('/containers', { cpus: 0.25 }, key('one')), 422, 'IDEMPOTENCY_KEY_REUSED')
})

t.test('also when they are sent at the same time', async (t) => {
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

t.test('another body with the same key is refused', async (t) => {
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

t.test('different keys, and no key, give different containers', async (t) => {
  const { post, engine } = await build(t)
  await post('/containers', {}, key('one'))
  await post('/containers', {}, key('two'))
  await post('/containers')
  await post('/containers')
  t.equal(engine.records().length, 4)
})

t.test('a create that failed may be asked for again with its key', async (t) => {
  const { post, engine } = await build(t)
  const start = engine.startContainer
  engine.startContainer = async () => {
    throw new Error('unexpected')
  }
  t.equal((await post('/containers', {}, key('one'))).statusCode, 500)
  engine.startContainer = start
  t.equal((await post('/containers', {}, key('one'))).statusCode, 201)
})

t.test('a container that was removed may be made again with its key', async (t) => {
  const { post, ask } = await build(t)
  const { id } = (await post('/containers', {}, key('one'))).json()
  await ask('DELETE', `/containers/${id}?force=true`)
  const again = await post('/containers', {}, key('one'))
  t.equal(again.statusCode, 201)
  t.not(again.json().id, id)
})

t.test('the key survives a restart of the server', async (t) => {
  const engine = createMemoryEngine()
  const before = await build(t, { engine })
  const { id } = (await before.post('/containers', { name: 'web' }, key('one'))).json()
  await before.app.close()
  const after = await build(t, { engine })
  t.match((await after.post('/containers', { name: 'web' }, key('one'))).json(), { id, replayed: true })
  problem(t, await after.post('/containers', { name: 'db' }, key('one')), 422, 'IDEMPOTENCY_KEY_REUSED')
})

t.test('a half-made container with the key', async (t) => {
  const made = async () => {
    const engine = createMemoryEngine()
    const first = await build(t, { engine })
    await first.post('/containers', {}, key('one'))
    await first.app.close()
    // As a crash between create and start leaves it.
    for (const record of engine.records()) Object.assign(record, { state: 'created', startedAt: null, pid: null })
    return engine
  }

  t.test('is started', async (t) => {
    const engine = await made()
    const { post } = await build(t, { engine })
    t.match((await post('/containers', {}, key('one'))).json(), { replayed: true, state: 'running' })
    t.equal(engine.records().length, 1)
  })

  t.test('is recreated when its port was taken', async (t) => {
    const engine = await made()
    engine.foreignPorts.add(8001)
    const { post } = await build(t, { engine })
    t.match((await post('/containers', {}, key('one'))).json(), {
      replayed: true,
      state: 'running',
      ports: { '5000/tcp': '127.0.0.1:8002' }
    })
    t.equal(engine.records().length, 1)
  })
})

t.test('a container that is being removed is not returned but recreated', async (t) => {
  t.test('when an earlier failure is still being taken back', async (t) => {
    const { post, engine } = await build(t)
    const { startContainer: start, removeContainer: remove } = engine
    engine.startContainer = async () => {
      throw new AppError('CONTAINER_START_FAILED', 'no')
    }
    engine.removeContainer = async () => {
      throw new AppError('ENGINE_TIMEOUT', 'The engine did not remove the container in time.')
    }
    problem(t, await post('/containers', {}, key('one')), 422, 'CONTAINER_START_FAILED')
    const [left] = engine.records()
    const removing = Promise.withResolvers<void>()
    const proceed = Promise.withResolvers<void>()
    engine.removeContainer = async (...args) => {
      removing.resolve()
      await proceed.promise
      return remove(...args)
    }
    const again = post('/containers', {}, key('one'))
    await removing.promise
    engine.startContainer = start
    proceed.resolve()
    const answer = await again
    t.match(answer.json(), { state: 'running' }, answer.body)
    t.not(answer.json().full_id, left?.id)
    t.equal(engine.records().length, 1)
  })

  t.test('while it is being removed', async (t) => {
    const { ask, post, engine } = await build(t)
    const first = await post('/containers', {}, key('one'))
    const remove = engine.removeContainer
    const removing = Promise.withResolvers<void>()
    const proceed = Promise.withResolvers<void>()
    engine.removeContainer = async (...args) => {
      removing.resolve()
      await proceed.promise
      return remove(...args)
    }
    const gone = ask('DELETE', `/containers/${first.json().id}?force=true`)
    await removing.promise
    const again = post('/containers', {}, key('one'))
    proceed.resolve()
    t.equal((await gone).statusCode, 200)
    const answer = await again
    t.match(answer.json(), { state: 'running' }, answer.body)
    t.not(answer.json().full_id, first.json().full_id)
  })

  for (const state of ['removing', 'dead'] as const) {
    t.test(`when it is ${state}`, async (t) => {
      const { post, engine } = await build(t)
      const first = await post('/containers', {}, key('one'))
      engine.change(first.json().full_id, 'die', { state })
      await until(async () => (await engine.inspectContainer(first.json().full_id))?.state === state)
      const answer = await post('/containers', {}, key('one'))
      t.match(answer.json(), { state: 'running' }, answer.body)
      t.not(answer.json().full_id, first.json().full_id)
      t.equal(engine.records().length, 1)
    })
  }

  t.test('when it never ran and the engine can start it no more', async (t) => {
    const { post, engine } = await build(t)
    await post('/containers', {}, key('one'))
    const [half] = engine.records()
    engine.change(half?.id ?? '', 'die', { state: 'created', startedAt: null, pid: null })
    const start = engine.startContainer
    engine.startContainer = async (id) => {
      if (id === half?.id) throw new AppError('CONTAINER_STUCK', 'task 4711: already exists')
      return start(id)
    }
    await until(async () => (await post('/containers', {}, key('one'))).json().full_id !== half?.id)
    t.match(engine.records(), [{ state: 'running', name: half?.name }])
  })
})

t.test('two servers that are asked with the same key at the same time', async (t) => {
  const engine = createMemoryEngine()
  const [here, there] = [await build(t, { engine }), await build(t, { engine })]
  const [first, second] = await Promise.all([
    here.post('/containers', {}, key('one')),
    there.post('/containers', {}, key('one'))
  ])
  t.ok([200, 201].includes(first.statusCode), first.body)
  t.ok([200, 201].includes(second.statusCode), second.body)
  t.equal(first.json().full_id, second.json().full_id)
  t.equal(engine.records().length, 1)
})

t.test('a key on a container that Berth did not create', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'other', ports: [binding(8001)], labels: { 'io.berth.idempotency-key': 'one' } })
  const { post } = await build(t, { engine })
  problem(t, await post('/containers', {}, key('one')), 422, 'IDEMPOTENCY_KEY_REUSED')
})

t.test('a key that is empty or endless is refused', async (t) => {
  const { post, engine } = await build(t)
  for (const value of ['', 'x'.repeat(256)]) {
    const body = problem(t, await post('/containers', {}, key(value)), 400, 'INVALID_REQUEST')
    t.match(body.errors, [{ field: /idempotency-key/ }])
  }
  t.strictSame(engine.writes(), [])
})

t.test('a client that goes away does not undo what it will ask for again', async (t) => {
  const { app, engine, post } = await build(t)
  const isStarted = Promise.withResolvers<void>()
  const proceed = Promise.withResolvers<void>()
  const start = engine.startContainer
  engine.startContainer = async (id) => {
    isStarted.resolve()
    await proceed.promise
    return start(id)
  }
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const hungUp = new Promise<void>((resolve) =>
    app.server.once('connection', (socket) => socket.once('close', () => resolve()))
  )
  const client = new AbortController()
  const request = fetch(`${address}/containers`, { method: 'POST', headers: key('one'), signal: client.signal })
  await isStarted.promise
  client.abort()
  await t.rejects(request)
  await hungUp
  await new Promise((resolve) => setImmediate(resolve))
  const again = post('/containers', {}, key('one'))
  proceed.resolve()
  t.match((await again).json(), { replayed: true, state: 'running' })
  t.equal(engine.records().length, 1)
})

t.test('a key belongs to the token that used it', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const { post, engine } = await build(t, { store, early: true })
  const body = { env: { PASSWORD: 'secret' } }
  const asking = (scope: 'admin' | 'containers:write', value = 'one') => ({ ...bearer(secrets[scope]), ...key(value) })
  const [mine, theirs] = await Promise.all([
    post('/containers', body, asking('admin')),
    post('/containers', body, asking('containers:write'))
  ])
  t.strictSame([mine.statusCode, theirs.statusCode], [201, 201], mine.body)
  t.not(mine.json().id, theirs.json().id)
  const guess = await post('/containers', { env: { PASSWORD: 'guess' } }, asking('containers:write', 'two'))
  t.equal(guess.statusCode, 201)
  await post('/containers', body, asking('admin', 'three'))
  const other = await post('/containers', { env: { PASSWORD: 'guess' } }, asking('containers:write', 'three'))
  t.equal(other.statusCode, 201, 'nothing is said about what others did with it')
  t.equal((await post('/containers', body, asking('admin'))).json().id, mine.json().id)
  t.equal((await post('/containers', body, asking('containers:write'))).json().id, theirs.json().id)
  t.equal(engine.records().length, 5)
})
