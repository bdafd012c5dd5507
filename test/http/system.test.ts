import t from 'tap'
import { build, VERSION } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { idOf } from '../helpers/records.ts'

t.test('GET / describes the service and its endpoints', async (t) => {
  const { get } = await build(t)
  const answer = await get('/')
  t.equal(answer.statusCode, 200)
  const { endpoints, ...about } = answer.json()
  t.match(about, {
    name: 'Berth',
    message: 'Docker Orchestration API',
    version: VERSION,
    docs: '/docs',
    reading_view: '/redoc',
    openapi: '/openapi.json'
  })
  for (const endpoint of [
    'GET /',
    'GET /health',
    'POST /containers/create',
    'GET /containers',
    'GET /containers/running',
    'GET /containers/{id}',
    'POST /containers/{id}/start',
    'POST /containers/{id}/stop',
    'DELETE /containers/{id}',
    'GET /containers/{id}/stats',
    'GET /system/stats',
    'GET /ports'
  ]) {
    t.ok(endpoints.includes(endpoint), endpoint)
  }
  t.notMatch(endpoints.join(' '), /HEAD|\/docs|:/)
  for (const link of [about.docs, about.reading_view, about.openapi])
    t.ok([200, 302].includes((await get(link)).statusCode), link)
})

t.test('GET /health', async (t) => {
  const { get } = await build(t)
  t.match((await get('/health')).json(), {
    status: 'healthy',
    docker: 'connected',
    engine: 'available',
    engine_name: 'Memory Engine',
    engine_version: '1.0',
    engine_api_version: '1.41',
    engine_address: 'unix:///fake.sock',
    engine_source: 'test',
    version: VERSION,
    uptime_seconds: Number
  })
  t.equal((await get('/health/ready')).statusCode, 200)
})

t.test('GET /system/stats has the fields of the first system, and more', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'foreign' })
  const { get, make } = await build(t, { engine })
  await make({ start: false })
  t.match((await get('/system/stats')).json(), {
    cpu_percent: 12.35,
    memory_percent: 25,
    memory_used: '4.00 GB',
    memory_total: '16.00 GB',
    disk_usage_percent: 61.2,
    timestamp: Number,
    cores: [10, 14.69],
    memory: { total_bytes: 16 * 1024 ** 3, used_bytes: 4 * 1024 ** 3 },
    disks: [{ mount: '/', used_percent: 61.2 }],
    networks: [{ name: 'eth0', rx_bytes: 1, tx_bytes: 2 }],
    containers: { total: 2, running: 1, managed: 1 },
    age_ms: Number
  })
})

t.test('GET /system/info', async (t) => {
  const { get } = await build(t, { env: { BERTH_PORT_RANGE: '9001-9009', BERTH_EXEC: 'true' }, ownId: idOf('berth') })
  t.match((await get('/system/info')).json(), {
    version: VERSION,
    node_version: process.version,
    engine: { name: 'Memory Engine', version: '1.0', api_version: '1.41', containers: { total: 0 } },
    storage: { driver: 'memory' },
    limits: { ports: '9001-9009', memory_default: 512 * 1024 ** 2, cpus_max: 8, exec: true },
    own_container: idOf('berth')
  })
})

t.test('HEAD answers as GET does, without a body', async (t) => {
  const { ask } = await build(t)
  for (const url of ['/', '/health', '/containers', '/ports']) {
    const answer = await ask('HEAD', url)
    t.equal(answer.statusCode, 200, url)
    t.equal(answer.body, '')
  }
})
