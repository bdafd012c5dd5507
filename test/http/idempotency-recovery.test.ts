// A retry with its Idempotency-Key after a crash, a failure or a lost connection.

import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'

const key = (value: string) => ({ 'idempotency-key': value })

t.test('the key survives a restart of the server', async (t) => {
  const engine = createMemoryEngine()
  const before = await build(t, { engine })
  const { id } = (await before.post('/containers', { name: 'web' }, key('one'))).json()
  await before.app.close()
  const after = await build(t, { engine })
  t.match((await after.post('/containers', { name: 'web' }, key('one'))).json(), { id, replayed: true })
  problem(t, await after.post('/containers', { name: 'db' }, key('one')), 422, 'IDEMPOTENCY_KEY_REUSED')
})

t.test('an unfinished container with the key', async (t) => {
  const made = async () => {
    const engine = createMemoryEngine()
    const first = await build(t, { engine })
    await first.post('/containers', {}, key('one'))
    await first.app.close()
    // The state that a crash between create and start leaves.
    for (const record of engine.records()) Object.assign(record, { state: 'created', startedAt: null, pid: null })
    return engine
  }

  t.test('is started by a retry', async (t) => {
    const engine = await made()
    const { post } = await build(t, { engine })
    t.match((await post('/containers', {}, key('one'))).json(), { replayed: true, state: 'running' })
    t.equal(engine.records().length, 1)
  })

  t.test('is recreated by a retry if its port is taken', async (t) => {
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

t.test('a failed create frees its key', async (t) => {
  const { post, engine } = await build(t)
  const start = engine.startContainer
  engine.startContainer = async () => {
    throw new Error('unexpected')
  }
  t.equal((await post('/containers', {}, key('one'))).statusCode, 500)
  engine.startContainer = start
  t.equal((await post('/containers', {}, key('one'))).statusCode, 201)
})

t.test('a create with a key continues after its client disconnects', async (t) => {
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
