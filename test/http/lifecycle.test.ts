import t from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { idOf } from '../helpers/records.ts'
import { until } from '../helpers/until.ts'

const CHANGES: [method: string, path: string][] = [
  ['POST', '/start'],
  ['POST', '/stop'],
  ['POST', '/restart'],
  ['DELETE', ''],
  ['PATCH', '']
]
const bodyFor = (method: string) => (method === 'PATCH' ? { payload: { restart: 'no' } } : {})

t.test('GET /containers/:id', async (t) => {
  const { make, get } = await build(t)
  const { id, full_id: fullId } = await make({ name: 'web' })

  t.test('finds it by short id, full id, beginning of an id and name', async (t) => {
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

  t.test('answers 409 when several fit', async (t) => {
    const engine = createMemoryEngine()
    engine.add({ name: 'one', id: 'abcd1'.padEnd(64, '0') })
    engine.add({ name: 'two', id: 'abcd2'.padEnd(64, '0') })
    const server = await build(t, { engine })
    problem(t, await server.get('/containers/abcd'), 409, 'CONTAINER_AMBIGUOUS')
  })
})

t.test('stop', async (t) => {
  t.test('stops it, and says so', async (t) => {
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

  t.test('passes the time on that it may take', async (t) => {
    const { make, post, engine } = await build(t)
    await make({ name: 'web' })
    await post('/containers/web/stop?timeout=0')
    t.match(
      engine.calls.filter(({ name }) => name === 'stopContainer').map(({ args }) => args[1]),
      [0]
    )
  })

  t.test('by force is told', async (t) => {
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
  t.test('gives it the port it had', async (t) => {
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

  t.test('that the engine refuses is an error, and the port stays parked', async (t) => {
    const { make, post, get, engine } = await build(t)
    await make({ name: 'web', start: false })
    engine.startContainer = async () => {
      throw new AppError('CONTAINER_START_FAILED', 'no such file')
    }
    problem(t, await post('/containers/web/start'), 422, 'CONTAINER_START_FAILED')
    t.match((await get('/ports')).json().counts, { parked: 1, leased: 0, blocked: 0 })
  })

  t.test('of a paused or restarting one never makes it anew', async (t) => {
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

  t.test('starts one that is stopped', async (t) => {
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

  t.test('removes a running one only by force', async (t) => {
    const { make, ask, engine } = await build(t)
    await make({ name: 'web' })
    problem(t, await ask('DELETE', '/containers/web'), 409, 'CONTAINER_RUNNING')
    problem(t, await ask('DELETE', '/containers/web?force=false'), 409, 'CONTAINER_RUNNING')
    t.equal(engine.records().length, 1)
    t.equal((await ask('DELETE', '/containers/web?force=true')).statusCode, 200)
    t.equal(engine.records().length, 0)
  })

  t.test('of one that is gone is 404', async (t) => {
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

t.test('PATCH /containers/:id', async (t) => {
  t.test('changes limits and restart policy', async (t) => {
    const { make, ask } = await build(t)
    await make({ name: 'web' })
    const payload = { memory: 64 * 1024 ** 2, cpus: 0.5, pids_limit: 9, restart: 'always' }
    const answer = await ask('PATCH', '/containers/web', { payload })
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), {
      changed: true,
      message: 'Container changed',
      limits: { memory: 67108864, cpus: 0.5, pids: 9 },
      restart: 'always'
    })
  })

  t.test('sets, renews and takes away the end date without troubling the engine', async (t) => {
    const { make, ask, engine, get } = await build(t)
    await make({ name: 'web' })
    const patch = (seconds: number | null) => ask('PATCH', '/containers/web', { payload: { ttl_seconds: seconds } })
    const ends = async () => Date.parse((await get('/containers/web')).json().expires_at)
    await patch(60)
    t.ok(Math.abs((await ends()) - Date.now() - 60_000) < 5_000)
    await patch(3600)
    t.ok(Math.abs((await ends()) - Date.now() - 3_600_000) < 5_000)
    t.match((await patch(null)).json(), { expires_at: null })
    t.notOk(engine.writes().includes('updateContainer'))
  })

  t.test('above the ceilings is refused', async (t) => {
    const { make, ask, engine } = await build(t)
    await make({ name: 'web' })
    const body = problem(
      t,
      await ask('PATCH', '/containers/web', { payload: { cpus: 9, memory: 9e9 } }),
      400,
      'INVALID_REQUEST'
    )
    t.match(body.errors, [{ field: 'memory' }, { field: 'cpus' }])
    t.notOk(engine.writes().includes('updateContainer'))
  })
})

t.test('every change of a container that is nowhere is 404', async (t) => {
  const { ask } = await build(t)
  for (const [method, path] of CHANGES)
    problem(t, await ask(method, `/containers/nobody${path}`, bodyFor(method)), 404, 'CONTAINER_NOT_FOUND')
})

t.test('a container that Berth did not make', async (t) => {
  t.test('can be read and not changed', async (t) => {
    const engine = createMemoryEngine()
    engine.add({ name: 'foreign' })
    const { ask, get } = await build(t, { engine })
    t.match((await get('/containers/foreign')).json(), { managed: false })
    t.match((await get('/containers')).json(), [{ name: 'foreign', managed: false }])
    for (const [method, path] of CHANGES)
      problem(t, await ask(method, `/containers/foreign${path}`, bodyFor(method)), 403, 'CONTAINER_NOT_MANAGED')
    t.strictSame(engine.writes(), [])
  })

  t.test('can be changed when the settings say so', async (t) => {
    for (const [method, path] of CHANGES.filter(([name]) => name !== 'DELETE')) {
      const engine = createMemoryEngine()
      engine.add({ name: 'foreign' })
      const { ask } = await build(t, { engine, env: { BERTH_MANAGE_FOREIGN: 'true' } })
      t.equal((await ask(method, `/containers/foreign${path}`, bodyFor(method))).statusCode, 200, `${method} ${path}`)
    }
  })
})

t.test('Berth’s own container is never changed', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'berth', id: idOf('berth') })
  const { ask } = await build(t, {
    engine,
    ownId: idOf('berth'),
    env: { BERTH_MANAGE_FOREIGN: 'true', BERTH_EXEC: 'true' }
  })
  for (const [method, path] of CHANGES)
    problem(t, await ask(method, `/containers/berth${path}`, bodyFor(method)), 403, 'CONTAINER_IS_BERTH')
  const exec = await ask('POST', '/containers/berth/exec', { payload: { command: ['id'] } })
  problem(t, exec, 403, 'CONTAINER_IS_BERTH')
  t.strictSame(engine.writes(), [])
})

t.test('changes of one container happen one after the other', async (t) => {
  const { make, post, engine } = await build(t)
  await make({ name: 'web' })
  const stop = engine.stopContainer
  const proceed = Promise.withResolvers<void>()
  engine.stopContainer = async (...args) => {
    await proceed.promise
    return stop(...args)
  }
  const stopping = post('/containers/web/stop')
  await new Promise((resolve) => setImmediate(resolve))
  const starting = post('/containers/web/start')
  proceed.resolve()
  t.match((await stopping).json(), { changed: true, state: 'exited' })
  t.match((await starting).json(), { changed: true, state: 'running' })
})

t.test('what happens behind Berth’s back', async (t) => {
  const { make, post, ask, engine, get } = await build(t)
  const { full_id: id } = await make({ name: 'web' })

  t.test('is seen by a change before its event', async (t) => {
    engine.end(id, 1)
    t.match((await post('/containers/web/stop')).json(), { changed: false, exit_code: 1 })
  })

  t.test('a removal is a 404 and frees the port', async (t) => {
    await engine.removeContainer(id, { force: true, volumes: true })
    problem(t, await ask('DELETE', '/containers/web'), 404, 'CONTAINER_NOT_FOUND')
    t.match((await get('/ports')).json().counts, { free: 999 })
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

t.test('an end date that is renewed holds, also when its container was about to go', async (t) => {
  const { make, ask, engine, get } = await build(t)
  await make({ name: 'web', ttl_seconds: 1 })
  const update = engine.updateContainer
  const proceed = Promise.withResolvers<void>()
  engine.updateContainer = async (...args) => {
    await proceed.promise
    return update(...args)
  }
  const renewing = ask('PATCH', '/containers/web', { payload: { memory: 64 * 1024 ** 2, ttl_seconds: 3600 } })
  // Its time comes, and its removal waits for the change that is under way. Dates are looked at once a second.
  const end = Date.parse((await get('/containers/web')).json().expires_at)
  await until(() => Date.now() > end + 1_200)
  proceed.resolve()
  t.equal((await renewing).statusCode, 200)
  await ask('PATCH', '/containers/web', { payload: { restart: 'always' } })
  t.match((await get('/containers')).json(), [{ name: 'web', restart: 'always' }])
})

t.test('an expired container is removed', async (t) => {
  const { make, engine, get } = await build(t)
  await make({ name: 'short', ttl_seconds: 1 })
  await make({ name: 'long', ttl_seconds: 3600 })
  await until(() => engine.records().length === 1)
  t.match((await get('/containers')).json(), [{ name: 'long' }])
})

t.test('what was abandoned is dropped from the line, and force goes first', async (t) => {
  const engine = createMemoryEngine()
  const { make, app, ask } = await build(t, { engine })
  await make({ name: 'web' })
  // A workload that does not end by itself: the engine waits as long as it was told.
  let stops = 0
  const { stopContainer } = engine
  engine.stopContainer = async (id, _seconds, signal) => {
    stops++
    await new Promise<void>((_resolve, reject) =>
      signal?.addEventListener('abort', () => reject(new AppError('REQUEST_CANCELLED', 'The request was cancelled.')))
    )
    return stopContainer(id, 0)
  }
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const left = new AbortController()
  const restart = (signal?: AbortSignal) =>
    fetch(`${url}/containers/web/restart?timeout=300`, { method: 'POST', signal: signal ?? null })
  const first = restart()
  await until(() => stops === 1)
  const abandoned = Array.from({ length: 250 }, () => restart(left.signal))
  left.abort()
  await Promise.allSettled(abandoned)
  const removed = await ask('DELETE', '/containers/web?force=true')
  t.equal(removed.statusCode, 200)
  t.match(await (await first).json(), { code: 'CONTAINER_BUSY', detail: /force/ })
  t.equal(stops, 1, 'of the abandoned ones none was begun')
  t.same(engine.records(), [])
})
