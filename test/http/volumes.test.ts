import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'

t.test('a volume is created, mounted, listed and removed', async (t) => {
  const { post, get, ask, make, engine } = await build(t)
  const made = await post('/volumes', { name: 'data' })
  t.equal(made.statusCode, 201, made.body)
  t.equal(made.headers.location, '/volumes/data')
  t.match(made.json(), { name: 'data', driver: 'local', managed: true, usable: true, containers: [] })
  t.match(engine.volumes.get('data'), { 'io.berth.managed': 'true' })
  problem(t, await post('/volumes', { name: 'data' }), 409, 'VOLUME_NAME_TAKEN')

  await engine.createVolume('another', {})
  await make({ name: 'web', volumes: [{ source: 'data', target: '/data' }] })
  t.match((await get('/volumes')).json(), [
    { name: 'another', managed: false, containers: [] },
    { name: 'data', managed: true, containers: [{ id: /^[0-9a-f]{12}$/, name: 'web', state: 'running' }] }
  ])
  t.match((await get('/volumes/data')).json(), { containers: [{ name: 'web' }] })

  await post('/containers/web/stop')
  const refused = problem(t, await ask('DELETE', '/volumes/data'), 409, 'VOLUME_IN_USE')
  t.match(refused, { detail: /web/, containers: [{ name: 'web' }] }, 'a stopped container needs its data, too')
  t.ok(engine.volumes.has('data'))
  await ask('DELETE', '/containers/web')
  t.match((await ask('DELETE', '/volumes/data')).json(), { name: 'data', removed: true })
  problem(t, await ask('DELETE', '/volumes/data'), 404, 'VOLUME_NOT_FOUND')
  problem(t, await get('/volumes/data'), 404, 'VOLUME_NOT_FOUND')
})

t.test('concurrent requests for the same name create one volume', async (t) => {
  const engine = createMemoryEngine()
  const { findVolume } = engine
  engine.findVolume = async (name) => {
    const volume = await findVolume(name)
    await setImmediate()
    return volume
  }
  const { post } = await build(t, { engine })
  const answers = await Promise.all(Array.from({ length: 8 }, () => post('/volumes', { name: 'data' })))
  t.strictSame(answers.map(({ statusCode }) => statusCode).toSorted(), [201, ...Array<number>(7).fill(409)])
})

t.test('GET /volumes/{name} asks the engine for that volume alone', async (t) => {
  const engine = createMemoryEngine()
  const { get, ask } = await build(t, { engine })
  await engine.createVolume('data', { 'io.berth.managed': 'true' })
  engine.listVolumes = () => Promise.reject(new Error('all volumes were listed'))
  t.equal((await get('/volumes/data')).statusCode, 200)
  t.equal((await ask('DELETE', '/volumes/data')).statusCode, 200)
})

t.test('a foreign volume stays', async (t) => {
  const { ask, engine } = await build(t)
  await engine.createVolume('precious', {})
  problem(t, await ask('DELETE', '/volumes/precious'), 403, 'VOLUME_NOT_MANAGED')
  t.ok(engine.volumes.has('precious'))
})

t.test('invalid names of a volume', async (t) => {
  const { post, engine } = await build(t)
  for (const name of ['', 'a', '../x', 'a/b', '/etc', 'a'.repeat(64), 'é', 7])
    t.match(problem(t, await post('/volumes', { name }), 400, 'INVALID_REQUEST').errors, [{ field: 'name' }])
  problem(t, await post('/volumes', { name: 'data', driver: 'nfs' }), 400, 'INVALID_REQUEST')
  t.equal(engine.volumes.size, 0)
})

t.test('the policy decides which volumes may be created, used and removed', async (t) => {
  const { post, get, ask, engine } = await build(t, { policy: { volumes: ['team-*'] } })
  await engine.createVolume('prod', { 'io.berth.managed': 'true' })
  for (const refused of [await post('/volumes', { name: 'mine' }), await ask('DELETE', '/volumes/prod')])
    t.match(problem(t, refused, 403, 'POLICY_REFUSED').errors, [{ field: 'volumes' }])
  t.strictSame([...engine.volumes.keys()], ['prod'])
  t.match((await get('/volumes')).json(), [{ name: 'prod', usable: false }])
  t.equal((await post('/volumes', { name: 'team-data' })).statusCode, 201)
})

t.test('the audit trail names the volume', async (t) => {
  const { post, ask, get } = await build(t)
  await post('/volumes', { name: 'data' })
  await ask('DELETE', '/volumes/data')
  t.match((await get('/audit?outcome=succeeded')).json(), [
    { action: 'removeVolume', object: 'data' },
    { action: 'createVolume', object: 'data' }
  ])
})
