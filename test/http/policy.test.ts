import t from 'tap'
import type { ContainerRecord } from '../../src/engine/contract/containers.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { idOf } from '../helpers/records.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'

t.test('the policy refuses a request before any call to the engine', async (t) => {
  const engine = createMemoryEngine({ images: ['base-api-server:latest', 'evil:1'] })
  const { post, ask, make } = await build(t, {
    engine,
    policy: { images: ['base-api-server:*'], volumes: ['data-*'], memory: 128 * 1024 ** 2 }
  })
  const before = engine.writes().length
  for (const [body, field] of [
    [{ image: 'evil:1' }, 'image'],
    [{ image: 'sha256:0123456789ab' }, 'image'],
    [{ volumes: [{ source: 'etc', target: '/etc' }] }, 'volumes']
  ] as const) {
    const { errors } = problem(t, await post('/containers', body), 403, 'POLICY_REFUSED')
    t.match(errors, [{ field }])
  }
  const { errors } = problem(t, await post('/containers', { memory: 256 * 1024 ** 2 }), 400, 'INVALID_REQUEST')
  t.match(errors, [{ field: 'memory' }])
  t.equal(engine.writes().length, before)

  const { id } = await make({ volumes: [{ source: 'data-1', target: '/data' }] })
  t.equal(
    (await ask('GET', `/containers/${id}`)).json().limits.memory,
    128 * 1024 ** 2,
    'the default is tightened, too'
  )
  const update = await ask('PATCH', `/containers/${id}`, { payload: { memory: 256 * 1024 ** 2 } })
  problem(t, update, 400, 'INVALID_REQUEST')
})

t.test('containers are limited per token, even for concurrent requests', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const { post, ask } = await build(t, { store, policy: { containers_per_token: 3 }, early: true })
  const as = bearer(secrets['containers:write'])
  const answers = await Promise.all(Array.from({ length: 8 }, () => post('/containers', {}, as)))
  t.equal(answers.filter(({ statusCode }) => statusCode === 201).length, 3)
  const refused = answers.filter(({ statusCode }) => statusCode !== 201)
  for (const answer of refused) t.match(problem(t, answer, 403, 'POLICY_REFUSED').errors, [{ field: 'containers' }])

  t.equal((await post('/containers', {}, bearer(secrets.admin))).statusCode, 201, 'another token has its own')
  const made = answers.find(({ statusCode }) => statusCode === 201)?.json()
  await ask('DELETE', `/containers/${made.id}?force=true`, { headers: as })
  t.equal((await post('/containers', {}, as)).statusCode, 201, 'there is room again')
})

t.test('memory, CPU, ports and volumes are limited per token', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const MB = 1024 ** 2
  const { post, ask } = await build(t, {
    store,
    policy: { memory_per_token: 256 * MB, cpus_per_token: 1, ports_per_token: 3, volumes_per_token: 1 },
    early: true
  })
  const as = bearer(secrets['containers:write'])
  const small = { memory: 64 * MB, cpus: 0.25, ports: [] }
  const refused = async (body: object, field: string) =>
    t.match(problem(t, await post('/containers', body, as), 403, 'POLICY_REFUSED').errors, [{ field }])
  t.equal(
    (await post('/containers', { ...small, name: 'one', memory: 128 * MB, ports: [{ container_port: 1 }] }, as))
      .statusCode,
    201
  )
  await refused({ ...small, memory: 129 * MB }, 'memory')
  await refused({ ...small, cpus: 0.8 }, 'cpus')
  await refused({ ...small, ports: [1, 2, 3].map((port) => ({ container_port: port })) }, 'ports')
  const data = [{ source: 'data', target: '/data' }]
  t.equal((await post('/containers', { ...small, volumes: data }, as)).statusCode, 201)
  await refused({ ...small, volumes: [...data, { source: 'more', target: '/more' }] }, 'volumes')
  problem(t, await post('/volumes', { name: 'more' }, as), 403, 'POLICY_REFUSED')
  t.equal((await post('/volumes', { name: 'more' }, bearer(secrets.admin))).statusCode, 201, 'another has its own')

  const grow = (memory: number) => ask('PATCH', '/containers/one', { payload: { memory }, headers: as })
  t.match(problem(t, await grow(193 * MB), 403, 'POLICY_REFUSED').errors, [{ field: 'memory' }])
  t.equal((await grow(192 * MB)).statusCode, 200)
  t.equal((await grow(64 * MB)).statusCode, 200)
  await ask('DELETE', '/containers/one?force=true', { headers: as })
  t.equal(
    (await post('/containers', { ...small, memory: 192 * MB }, as)).statusCode,
    201,
    'a removed container frees its share'
  )
})

t.test('networks are limited per token, even for concurrent requests', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const { post, ask } = await build(t, { store, policy: { networks_per_token: 2 }, early: true })
  const as = bearer(secrets['containers:write'])
  const answers = await Promise.all(Array.from({ length: 5 }, (_, n) => post('/networks', { name: `net-${n}` }, as)))
  t.equal(answers.filter(({ statusCode }) => statusCode === 201).length, 2)
  const refused = answers.filter(({ statusCode }) => statusCode !== 201)
  for (const answer of refused) t.match(problem(t, answer, 403, 'POLICY_REFUSED').errors, [{ field: 'networks' }])

  t.equal((await post('/networks', { name: 'other' }, bearer(secrets.admin))).statusCode, 201, 'another has its own')
  const made = answers.find(({ statusCode }) => statusCode === 201)?.json()
  t.equal((await ask('DELETE', `/networks/${made.name}`, { headers: as })).statusCode, 200)
  t.equal((await post('/networks', { name: 'again' }, as)).statusCode, 201, 'there is room again')
})

t.test('a container on which the engine did not apply every restriction is removed again', async (t) => {
  const lies: [name: string, lie: (record: ContainerRecord) => Partial<ContainerRecord>, facts: object][] = [
    [
      'no memory limit',
      ({ limits }) => ({ limits: { ...limits, memoryBytes: null } }),
      { missing: ['the memory limit'] }
    ],
    ['a wider one', ({ limits }) => ({ limits: { ...limits, pids: 100_000 } }), { missing: ['the process limit'] }],
    [
      'more open files',
      ({ limits }) => ({ limits: { ...limits, nofile: 100_000 } }),
      { missing: ['the limit of open files'] }
    ],
    [
      'no storage limit',
      ({ limits }) => ({ limits: { ...limits, storageBytes: null } }),
      { missing: ['the storage limit'] }
    ],
    ['a writable root', () => ({ readOnlyRoot: false }), { missing: ['the read-only root file system'] }],
    ['another runtime', () => ({ runtime: 'runc' }), { missing: ['the runtime runsc'] }],
    ['no CPU limit', ({ limits }) => ({ limits: { ...limits, cpus: null } }), { missing: ['the CPU limit'] }],
    ['new privileges', () => ({ freedoms: ['new privileges'] }), { freedoms: ['new privileges'] }]
  ]
  for (const [name, lie, facts] of lies) {
    const engine = createMemoryEngine()
    const inspect = engine.inspectContainer
    engine.inspectContainer = async (...args) => {
      const record = await inspect(...args)
      return record && { ...record, ...lie(record) }
    }
    const { post } = await build(t, { engine, policy: { runtimes: [{ runtime: 'runsc' }] } })
    const answer = await post('/containers', {
      name: 'web',
      nofile: 4096,
      storage_size: '1g',
      read_only: true,
      volumes: [{ source: 'data', target: '/data' }]
    })
    t.match(problem(t, answer, 502, 'POLICY_NOT_APPLIED'), facts, name)
    t.strictSame(engine.records(), [], 'nothing is left')
    t.notOk(await engine.findVolume('data'))
  }
})

t.test('a build may take from allowed images only, whatever its arguments say', async (t) => {
  const { ask, engine } = await build(t, { policy: { images: ['good:*'] } })
  const before = engine.writes().length
  const submit = (dockerfile: string, args: object = {}) => {
    const fields = { file: dockerfile, image_name: 'mine', build_args: JSON.stringify(args) }
    const payload = Object.entries(fields)
      .map(
        ([name, value]) =>
          `--x\r\ncontent-disposition: form-data; name="${name}"${name === 'file' ? '; filename="Dockerfile"' : ''}\r\n\r\n${value}\r\n`
      )
      .join('')
    return ask('POST', '/builds', {
      payload: `${payload}--x--\r\n`,
      headers: { 'content-type': 'multipart/form-data; boundary=x' }
    })
  }
  const refused: [dockerfile: string, args?: object][] = [
    ['FROM evil'],
    ['ARG BASE=good:1\nFROM $BASE', { BASE: 'evil' }],
    ['FROM good:1\nCOPY --from=evil / /'],
    ['FROM $UNKNOWN']
  ]
  for (const [dockerfile, args] of refused) problem(t, await submit(dockerfile, args), 403, 'POLICY_REFUSED')
  t.equal(engine.writes().length, before)
  t.equal((await submit('FROM good:1')).statusCode, 202)
})

t.test("no container mounts Berth's own data, whatever the policy says", async (t) => {
  const engine = createMemoryEngine()
  engine.add({
    name: 'berth',
    id: idOf('berth'),
    volumes: [{ source: 'of-compose', target: '/data', readOnly: false }]
  })
  const { findVolume } = engine
  engine.findVolume = async (name) => {
    const paths = { within: ['/srv/berth/builds'], around: ['/srv'], beside: ['/srv/berth-other'] }[name]
    return paths ? { name, driver: 'local', createdAt: null, labels: {}, paths } : findVolume(name)
  }
  const { post } = await build(t, {
    engine,
    ownId: idOf('berth'),
    ownPlaces: { volumes: ['of-the-kernel'], dataPath: '/srv/berth' },
    policy: { volumes: ['*'] }
  })
  const mount = (source: string) => post('/containers', { volumes: [{ source, target: '/stolen', read_only: true }] })
  for (const source of ['of-compose', 'of-the-kernel', 'within', 'around'])
    t.match(problem(t, await mount(source), 403, 'POLICY_REFUSED').errors, [{ field: 'volumes' }], source)
  t.match(engine.records(), [{ name: 'berth' }], 'nothing is left')
  t.equal((await mount('beside')).statusCode, 201)
})
