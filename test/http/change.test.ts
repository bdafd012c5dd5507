import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { until } from '../helpers/until.ts'

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

  t.test('sets, renews and removes the expiry without a call to the engine', async (t) => {
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

  t.test('refuses values above the ceilings', async (t) => {
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

t.test('a renewed expiry holds, even if the container was about to be removed', async (t) => {
  const { make, ask, engine, get } = await build(t)
  await make({ name: 'web', ttl_seconds: 1 })
  const update = engine.updateContainer
  const proceed = Promise.withResolvers<void>()
  engine.updateContainer = async (...args) => {
    await proceed.promise
    return update(...args)
  }
  const renewing = ask('PATCH', '/containers/web', { payload: { memory: 64 * 1024 ** 2, ttl_seconds: 3600 } })
  // It expires, and its removal waits for the running change. Dates are checked once a second.
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
