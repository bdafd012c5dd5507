import t from 'tap'
import { reachableHost, viewContainer } from '../../../src/containers/view.ts'
import { binding, container, idOf } from '../../helpers/records.ts'

t.test('an exited or paused container is not unhealthy', async (t) => {
  for (const state of ['exited', 'created', 'dead', 'restarting', 'paused'] as const)
    t.equal(viewContainer(container({ state, health: 'unhealthy' }), null).health, null, state)
  t.equal(viewContainer(container({ health: 'unhealthy' }), null).health, 'unhealthy')
})

t.test('a container as the API shows it', async (t) => {
  const record = container({
    labels: { 'io.berth.managed': 'true', 'io.berth.attempt': 'x', team: 'red' },
    ports: [binding(8002, 53, 'udp'), binding(8001)],
    envNames: ['SECRET'],
    limits: { memoryBytes: 64, cpus: 0.5, pids: 9, nofile: 512, storageBytes: 1024, ioWeight: 200 },
    networks: [{ name: 'shop', address: '172.18.0.2', aliases: ['db'] }],
    volumes: [{ source: 'data', target: '/data', readOnly: true }]
  })
  t.strictSame(viewContainer(record, '2026-02-01T00:00:00.000Z'), {
    id: idOf('web').slice(0, 12),
    name: 'web',
    status: 'running',
    image: 'app:1',
    ports: { '53/udp': '127.0.0.1:8002', '5000/tcp': '127.0.0.1:8001' },
    created: '2026-01-01T00:00:00.000000000Z',
    state: 'running',
    url: 'http://127.0.0.1:8001',
    full_id: idOf('web'),
    health: null,
    exit_code: null,
    oom_killed: false,
    limits: { memory: 64, cpus: 0.5, pids: 9, nofile: 512, storage_size: 1024, io_weight: 200 },
    read_only: false,
    runtime: 'runc',
    restart: 'no',
    restart_count: 0,
    labels: { team: 'red' },
    env: ['SECRET'],
    command: ['serve'],
    networks: [{ name: 'shop', address: '172.18.0.2', aliases: ['db'] }],
    volumes: [{ source: 'data', target: '/data', read_only: true }],
    node: null,
    managed: true,
    owner: null,
    team: null,
    started_at: '2026-01-01T00:00:01.000000000Z',
    finished_at: null,
    expires_at: '2026-02-01T00:00:00.000Z'
  })
})

t.test('there is a URL only while a TCP port answers', async (t) => {
  const url = (given: Parameters<typeof container>[0]) => viewContainer(container(given), null).url
  t.equal(url({ ports: [binding(8001)], state: 'exited' }), null)
  t.equal(url({ ports: [binding(8001, 53, 'udp')] }), null)
  t.equal(url({}), null)
})

t.test('a container that runs a commit is shown with the requested image', async (t) => {
  const record = container({ image: 'berth/kept:abc', labels: { 'io.berth.image': 'app:1' } })
  t.equal(viewContainer(record, null).image, 'app:1')
})

t.test('an address to connect to', async (t) => {
  for (const [listened, reachable] of [
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['', '127.0.0.1'],
    ['::', '[::1]'],
    ['fd00::5', '[fd00::5]'],
    ['192.168.0.5', '192.168.0.5']
  ] as const) {
    t.equal(reachableHost(listened), reachable, listened)
  }
})
