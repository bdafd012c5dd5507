import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'

t.test('POST /containers with nothing', async (t) => {
  t.test('runs the default image on the next port, with the fields of the first system', async (t) => {
    const { post, engine } = await build(t)
    const answer = await post('/containers/create')
    t.equal(answer.statusCode, 201)
    const body = answer.json()
    t.match(body, {
      id: /^[0-9a-f]{12}$/,
      name: /^api-server-\d{10}-[0-9a-f]{4}$/,
      status: 'running',
      image: 'base-api-server:latest',
      ports: { '5000/tcp': '127.0.0.1:8001' },
      created: /^2026-/,
      state: 'running'
    })
    t.match(body, {
      url: 'http://127.0.0.1:8001',
      full_id: /^[0-9a-f]{64}$/,
      limits: { memory: 512 * 1024 ** 2, cpus: 1, pids: 256, nofile: null, storage_size: null, io_weight: null },
      managed: true,
      replayed: false,
      warnings: [],
      env: ['HOST_PORT'],
      labels: {},
      expires_at: null
    })
    t.equal(answer.headers.location, `/containers/${body.id}`)
    t.match(engine.specs(), [{ env: { HOST_PORT: '8001' } }])
  })

  t.test('gives the same for either path, an empty object, or JSON without a body', async (t) => {
    const { post, ask } = await build(t)
    const json = { 'content-type': 'application/json' }
    const answers = [
      await post('/containers'),
      await post('/containers', {}),
      await ask('POST', '/containers', { headers: json }),
      await ask('POST', '/containers/', { headers: json, payload: '' })
    ]
    t.strictSame(
      answers.map((answer) => [answer.statusCode, answer.json().ports['5000/tcp']]),
      [8001, 8002, 8003, 8004].map((port) => [201, `127.0.0.1:${port}`])
    )
  })
})

t.test('POST /containers with everything', async (t) => {
  const { post, engine } = await build(t, { engine: createMemoryEngine({ images: ['shop/web:2'] }) })
  const answer = await post('/containers', {
    name: 'web',
    image: 'shop/web:2',
    pull: 'never',
    ports: [
      { container_port: 80, host_port: 8080 },
      { container_port: 53, protocol: 'udp' }
    ],
    env: { GREETING: 'hello' },
    labels: { team: 'red' },
    command: ['serve', '--fast'],
    entrypoint: ['/init'],
    working_dir: '/srv',
    user: '1000:1000',
    memory: 64 * 1024 ** 2,
    cpus: 0.5,
    pids_limit: 32,
    nofile: 4096,
    storage_size: '10g',
    io_weight: 200,
    restart: 'on-failure',
    healthcheck: { test: ['CMD', 'true'], interval_seconds: 5 },
    volumes: [{ source: 'data', target: '/data', read_only: true }],
    stop_timeout: 3,
    ttl_seconds: 3600,
    wait: 'none'
  })
  t.equal(answer.statusCode, 201, answer.body)
  t.match(answer.json(), {
    name: 'web',
    image: 'shop/web:2',
    ports: { '80/tcp': '127.0.0.1:8080', '53/udp': '127.0.0.1:8001' },
    url: 'http://127.0.0.1:8080',
    limits: { memory: 67108864, cpus: 0.5, pids: 32, nofile: 4096, storage_size: 10 * 1024 ** 3, io_weight: 200 },
    restart: 'on-failure',
    labels: { team: 'red' },
    command: ['serve', '--fast'],
    volumes: [{ source: 'data', target: '/data', read_only: true }],
    health: 'starting',
    expires_at: /^\d{4}-/
  })
  t.notMatch(answer.body, 'hello', 'values of the environment are never shown')
  t.match(engine.specs(), [
    {
      env: { GREETING: 'hello', HOST_PORT: '8080', HOST_PORT_80: '8080', HOST_PORT_53: '8001' },
      user: '1000:1000',
      workingDir: '/srv',
      entrypoint: ['/init'],
      stopTimeoutSeconds: 3,
      healthcheck: { test: ['CMD', 'true'], intervalMs: 5000 },
      labels: { 'io.berth.managed': 'true', 'io.berth.ttl-seconds': '3600' }
    }
  ])
  t.match([...engine.volumes], [['data', { 'io.berth.managed': 'true' }]])
})

t.test('a container with start: false', async (t) => {
  const { make, engine, get } = await build(t)
  t.match(await make({ start: false }), { state: 'created', url: null, started_at: null })
  t.notOk(engine.writes().includes('startContainer'))
  const { counts } = (await get('/ports')).json()
  t.match(counts, { parked: 1, leased: 0 }, 'and its port is reserved')
})

t.test('a container without ports', async (t) => {
  const { make, engine } = await build(t)
  t.match(await make({ ports: [] }), { ports: {}, url: null, env: [] })
  t.strictSame(engine.specs()[0]?.ports, [])
})

t.test('the only port that an image exposes is published', async (t) => {
  const engine = createMemoryEngine()
  engine.images.get('base-api-server:latest')?.exposedPorts.push({ port: 80, protocol: 'tcp' })
  const { make } = await build(t, { engine })
  t.match(await make(), { ports: { '80/tcp': '127.0.0.1:8001' } })
})

t.test('settings that apply to a create', async (t) => {
  const { make } = await build(t, {
    engine: createMemoryEngine({ images: ['mine:1'] }),
    env: {
      BERTH_DEFAULT_IMAGE: 'mine:1',
      BERTH_PORT_RANGE: '9001-9009',
      BERTH_RESERVED_PORTS: '9001',
      BERTH_PUBLISH_HOST: '0.0.0.0',
      BERTH_MEMORY_DEFAULT: '64m'
    }
  })
  t.match(await make(), {
    image: 'mine:1',
    ports: { '5000/tcp': '0.0.0.0:9002' },
    url: 'http://127.0.0.1:9002',
    limits: { memory: 67108864 }
  })
})

t.test('a taken name', async (t) => {
  const { make, post, engine } = await build(t)
  await make({ name: 'web' })
  problem(t, await post('/containers', { name: 'web' }), 409, 'CONTAINER_NAME_TAKEN')
  t.equal(engine.records().length, 1)
})

t.test('an image that does not exist', async (t) => {
  const { post, engine } = await build(t)
  problem(t, await post('/containers', { image: 'nobody/nothing:1' }), 502, 'REGISTRY_UNAVAILABLE')
  const body = problem(
    t,
    await post('/containers', { image: 'nobody/nothing:1', pull: 'never' }),
    404,
    'IMAGE_NOT_FOUND'
  )
  t.match(body.detail, /nobody\/nothing:1/)
  t.equal(engine.records().length, 0)
})

t.test('an image that has to be pulled', async (t) => {
  const engine = createMemoryEngine()
  const pulled: string[] = []
  engine.pullImage = async (reference) => {
    pulled.push(reference)
    const image = engine.images.get('base-api-server:latest')
    if (image) engine.images.set(reference, image)
  }
  const { make } = await build(t, { engine })
  t.match(await make({ image: 'shop/web:2' }), { state: 'running' })
  await make({ image: 'shop/web:2' })
  await make({ image: 'shop/web:2', pull: 'always' })
  t.strictSame(pulled, ['shop/web:2', 'shop/web:2'])
})

t.test('returns warnings of the engine', async (t) => {
  const engine = createMemoryEngine()
  const create = engine.createContainer
  engine.createContainer = async (...args) => ({ ...(await create(...args)), warnings: ['No swap limit support.'] })
  const { make } = await build(t, { engine })
  t.match(await make(), { warnings: ['No swap limit support.'] })
})
