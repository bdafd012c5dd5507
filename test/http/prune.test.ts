import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { image } from '../helpers/records.ts'
import { until } from '../helpers/until.ts'

const MANAGED = { 'io.berth.managed': 'true' }
const OLD = '2025-01-01T00:00:00.000Z'
const names = (items: { name: string }[]) => items.map(({ name }) => name).toSorted()

async function withRests(t: Parameters<typeof build>[0]) {
  const engine = createMemoryEngine()
  engine.add({ name: 'runs', labels: MANAGED })
  engine.add({ name: 'over', labels: MANAGED, state: 'exited', finishedAt: OLD })
  engine.add({ name: 'foreign', state: 'exited', finishedAt: OLD })
  const recent = new Date().toISOString()
  const mount = { target: '/data', readOnly: false }
  engine.add({
    name: 'just over',
    labels: MANAGED,
    state: 'exited',
    finishedAt: recent,
    volumes: [{ source: 'mounted', ...mount }]
  })
  engine.images.set('nameless', image({ id: 'sha256:aa', tags: [], labels: MANAGED, sizeBytes: 5_000 }))
  engine.images.set('foreign nameless', image({ id: 'sha256:bb', tags: [] }))
  for (const name of ['idle', 'mounted']) engine.volumes.set(name, MANAGED)
  engine.volumes.set('of others', {})
  return { ...(await build(t, { engine })), engine }
}

t.test('a dry run lists what would be removed, and removes nothing', async (t) => {
  const { post, engine } = await withRests(t)
  const answer = await post('/system/prune', { dry_run: true, volumes: true, build_cache: true })
  t.equal(answer.statusCode, 200)
  const body = answer.json()
  t.strictSame([names(body.containers), body.images.length, names(body.volumes)], [['just over', 'over'], 1, ['idle']])
  t.match(body, {
    dry_run: true,
    build_cache_bytes: 1_000,
    freed_bytes: 10 + 10 + 5_000 + 100 + 1_000,
    kept: [],
    message: 'Containers to be removed: 2, images to be removed: 1, volumes to be removed: 1'
  })
  t.strictSame(engine.writes(), [])
})

t.test('volumes and the build cache stay by default', async (t) => {
  const { post, engine } = await withRests(t)
  const body = (await post('/system/prune', { older_than_seconds: 3_600 })).json()
  t.match(body, {
    containers: [{ name: 'over' }],
    images: [{ id: 'aa' }],
    volumes: [],
    build_cache_bytes: 0,
    freed_bytes: 5_010
  })
  t.strictSame(engine.writes(), ['removeContainer', 'removeImage'])
  t.strictSame(names(engine.records()), ['foreign', 'just over', 'runs'])
})

t.test('removes the requested kinds, and keeps resources that Berth did not create', async (t) => {
  const { post, engine } = await withRests(t)
  const body = (
    await post('/system/prune', { containers: false, images: false, volumes: true, build_cache: true })
  ).json()
  t.match(body, {
    containers: [],
    images: [],
    volumes: [{ id: 'idle', name: 'idle' }],
    build_cache_bytes: 1_000,
    dry_run: false
  })
  t.strictSame([...engine.volumes.keys()], ['mounted', 'of others'])
  t.strictSame(engine.writes(), ['removeVolume', 'pruneBuildCache'])
})

t.test('keeps and reports resources that cannot be removed', async (t) => {
  const { post, engine } = await withRests(t)
  engine.removeVolume = async () => {
    const { AppError } = await import('../../src/errors.ts')
    throw new AppError('ENGINE_FAILED', 'volume is in use')
  }
  const body = (await post('/system/prune', { volumes: true })).json()
  t.match(body, { volumes: [], kept: [{ name: 'idle', reason: 'volume is in use' }] })
  t.match(names(body.containers), ['just over', 'over'])
})

t.test('invalid bodies', async (t) => {
  const { post, engine } = await withRests(t)
  for (const body of [
    { volume: true },
    { volumes: 'yes' },
    { older_than_seconds: -1 },
    { networks: 1 },
    { secrets: true }
  ])
    problem(t, await post('/system/prune', body), 400, 'INVALID_REQUEST')
  t.strictSame(engine.writes(), [])
})

t.test('a container during its creation is left alone', async (t) => {
  const { post, ask, engine, make } = await build(t)
  const create = engine.createContainer
  const proceed = Promise.withResolvers<void>()
  engine.createContainer = async (...args) => {
    const made = await create(...args)
    await proceed.promise
    return made
  }
  const making = make({ name: 'web' })
  await until(async () => (await ask('GET', '/containers/web')).statusCode === 200)
  t.match((await post('/system/prune', {})).json(), {
    containers: [],
    kept: [{ name: 'web', reason: /being created/ }]
  })
  problem(t, await ask('DELETE', '/containers/web'), 409, 'CONTAINER_BUSY')
  proceed.resolve()
  t.match(await making, { name: 'web', state: 'running' })
  t.equal((await ask('DELETE', '/containers/web?force=true')).statusCode, 200)
})
