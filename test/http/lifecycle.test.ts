import t from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

t.test('GET /containers/:id', async (t) => {
  const { make, get } = await build(t)
  const { id, full_id: fullId } = await make({ name: 'web' })

  t.test('finds it by short id, full id, id prefix and name', async (t) => {
    for (const reference of [id, fullId, fullId.slice(0, 5), 'web']) {
      const answer = await get(`/containers/${reference}`)
      t.equal(answer.statusCode, 200, reference)
      t.match(answer.json(), { id, full_id: fullId, name: 'web' })
    }
  })

  t.test('answers 404 when there is none', async (t) => {
    for (const reference of ['nobody', '000000000000', '%00', '..%2f..', 'x'.repeat(128)]) {
      problem(t, await get(`/containers/${reference}`), 404, 'CONTAINER_NOT_FOUND')
    }
  })

  t.test('answers 409 when several match', async (t) => {
    const engine = createMemoryEngine()
    engine.add({ name: 'one', id: 'abcd1'.padEnd(64, '0') })
    engine.add({ name: 'two', id: 'abcd2'.padEnd(64, '0') })
    const server = await build(t, { engine })
    problem(t, await server.get('/containers/abcd'), 409, 'CONTAINER_AMBIGUOUS')
  })
})

t.test('stop', async (t) => {
  t.test('stops it and reports the change', async (t) => {
    const { make, post, engine } = await build(t)
    await make({ name: 'web' })
    const answer = await post('/containers/web/stop')
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), {
      name: 'web',
      state: 'exited',
      status: 'exited',
      exit_code: 0,
      changed: true,
      message: 'Container stopped'
    })
    t.match(engine.records(), [{ state: 'exited' }])
  })

  t.test('of a stopped one changes nothing', async (t) => {
    const { make, post } = await build(t)
    await make({ name: 'web', start: false })
    const answer = await post('/containers/web/stop')
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { changed: false, message: 'Container already stopped', state: 'created' })
  })

  t.test('passes the timeout on', async (t) => {
    const { make, post, engine } = await build(t)
    await make({ name: 'web' })
    await post('/containers/web/stop?timeout=0')
    t.match(
      engine.calls.filter(({ name }) => name === 'stopContainer').map(({ args }) => args[1]),
      [0]
    )
  })

  t.test('reports a forced stop', async (t) => {
    const { make, post, engine } = await build(t)
    await make({ name: 'web' })
    engine.stopContainer = async (id) => engine.end(id, 137)
    t.match((await post('/containers/web/stop')).json(), { changed: true, exit_code: 137, message: /was killed/ })
  })

  t.test('parks the port', async (t) => {
    const { make, post, get } = await build(t)
    await make({ name: 'web' })
    await post('/containers/web/stop')
    t.match((await get('/ports')).json(), {
      used_ports: [],
      counts: { parked: 1, bound: 0 },
      ports: [{ port: 8001, state: 'parked', holder: { name: 'web', managed: true } }]
    })
  })
})

t.test('start', async (t) => {
  t.test('gives it its former port', async (t) => {
    const { make, post } = await build(t)
    const { ports } = await make({ name: 'web' })
    await make()
    await post('/containers/web/stop')
    const answer = await post('/containers/web/start')
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { state: 'running', changed: true, message: 'Container started', ports })
    t.notOk('changed_port' in answer.json())
  })

  t.test('of a running one changes nothing', async (t) => {
    const { make, post, engine } = await build(t)
    await make({ name: 'web' })
    const before = engine.writes().length
    t.match((await post('/containers/web/start')).json(), { changed: false, message: 'Container already running' })
    t.equal(engine.writes().length, before)
  })

  t.test('fails if the engine refuses, and the port stays parked', async (t) => {
    const { make, post, get, engine } = await build(t)
    await make({ name: 'web', start: false })
    engine.startContainer = async () => {
      throw new AppError('CONTAINER_START_FAILED', 'no such file')
    }
    problem(t, await post('/containers/web/start'), 422, 'CONTAINER_START_FAILED')
    t.match((await get('/ports')).json().counts, { parked: 1, leased: 0, blocked: 0 })
  })

  t.test('never recreates a paused or restarting container', async (t) => {
    for (const state of ['paused', 'restarting'] as const) {
      const { make, post, engine, get } = await build(t)
      const { full_id: id } = await make({ name: 'web' })
      engine.change(id, 'pause', { state })
      await until(async () => (await get('/containers/web')).json().state === state)
      const answer = await post('/containers/web/start')
      if (state === 'paused') t.match(problem(t, answer, 409, 'CONTAINER_NOT_RUNNING'), { state })
      else t.match(answer.json(), { changed: false, message: 'Container already restarting' })
      t.strictSame(
        engine.records().map((record) => record.id),
        [id]
      )
    }
  })
})

t.test('restart', async (t) => {
  t.test('stops and starts it on the same port', async (t) => {
    const { make, post, engine } = await build(t)
    const { ports, started_at: before } = await make({ name: 'web' })
    const {
      state,
      changed,
      message,
      ports: after,
      started_at: startedAt
    } = (await post('/containers/web/restart?timeout=1')).json()
    t.match({ state, changed, message }, { state: 'running', changed: true, message: 'Container restarted' })
    t.strictSame(after, ports)
    t.not(startedAt, before)
    t.strictSame(engine.writes().slice(-2), ['stopContainer', 'startContainer'])
  })

  t.test('starts a stopped one', async (t) => {
    const { make, post } = await build(t)
    await make({ name: 'web', start: false })
    t.match((await post('/containers/web/restart')).json(), { state: 'running', changed: true })
  })
})

t.test('DELETE /containers/:id', async (t) => {
  t.test('removes a stopped one', async (t) => {
    const { make, ask, get, engine } = await build(t)
    const { id } = await make({ name: 'web', start: false })
    const answer = await ask('DELETE', '/containers/web')
    t.equal(answer.statusCode, 200)
    t.strictSame(answer.json(), { id, name: 'web', removed: true, message: 'Container removed' })
    problem(t, await get('/containers/web'), 404, 'CONTAINER_NOT_FOUND')
    t.match(engine.calls.find(({ name }) => name === 'removeContainer')?.args[1], { volumes: true })
    t.match((await get('/ports')).json().counts, { parked: 0, free: 999 })
  })

  t.test('removes a running one only with force', async (t) => {
    const { make, ask, engine } = await build(t)
    await make({ name: 'web' })
    problem(t, await ask('DELETE', '/containers/web'), 409, 'CONTAINER_RUNNING')
    problem(t, await ask('DELETE', '/containers/web?force=false'), 409, 'CONTAINER_RUNNING')
    t.equal(engine.records().length, 1)
    t.equal((await ask('DELETE', '/containers/web?force=true')).statusCode, 200)
    t.equal(engine.records().length, 0)
  })

  t.test('of a missing one is 404', async (t) => {
    const { make, ask } = await build(t)
    await make({ name: 'web', start: false })
    await ask('DELETE', '/containers/web')
    problem(t, await ask('DELETE', '/containers/web'), 404, 'CONTAINER_NOT_FOUND')
  })

  t.test('twice at the same time removes it once', async (t) => {
    const { make, ask } = await build(t)
    await make({ name: 'web' })
    const answers = await Promise.all([
      ask('DELETE', '/containers/web?force=true'),
      ask('DELETE', '/containers/web?force=true')
    ])
    t.strictSame(answers.map(({ statusCode }) => statusCode).toSorted(), [200, 404])
  })
})

t.test('GET /containers/:id/top', async (t) => {
  const { make, get, post } = await build(t)
  await make({ name: 'web', command: ['serve', '--fast'] })
  t.strictSame((await get('/containers/web/top')).json(), {
    titles: ['PID', 'CMD'],
    processes: [['4711', 'serve --fast']]
  })
  await post('/containers/web/stop')
  t.match(problem(t, await get('/containers/web/top'), 409, 'CONTAINER_NOT_RUNNING'), { state: 'exited' })
  problem(t, await get('/containers/nobody/top'), 404, 'CONTAINER_NOT_FOUND')
})
