import t from 'tap'
import { loadConfig } from '../../../src/load-config.ts'
import {
  bindPorts,
  buildSpec,
  checkCreate,
  generateName,
  nameForKey,
  portEnvironment,
  wantedPorts
} from '../../../src/containers/plan.ts'
import type { CreateContainer } from '../../../src/containers/create-schema.ts'
import { isAppError } from '../../../src/errors.ts'
import type { Lease } from '../../../src/ports/allocator.ts'
import { binding } from '../../helpers/records.ts'
import { image as imageRecord } from '../../helpers/records.ts'

const { config } = loadConfig({})
const identity = {
  instanceId: 'here',
  owner: { owner: null },
  attempt: 'try-1',
  idempotencyKey: undefined,
  requestHash: ''
}
const lease = (port: number): Lease => ({ port, protocol: 'tcp', release() {}, block() {} })

function refusal(body: object): Record<string, string> {
  try {
    checkCreate(body, config)
    return {}
  } catch (error) {
    if (isAppError(error, 'INVALID_REQUEST'))
      return Object.fromEntries((error.fields ?? []).map(({ field, message }) => [field, message]))
    throw error
  }
}

t.test('requests refused without a call to the engine', async (t) => {
  const tcp = { container_port: 80 }
  const table: [body: object, refused: string[]][] = [
    [{}, []],
    [{ memory: 8 * 1024 ** 3, cpus: 8, pids_limit: 4096 }, []],
    [{ memory: 8 * 1024 ** 3 + 1 }, ['memory']],
    [{ cpus: 8.01 }, ['cpus']],
    [{ pids_limit: 4097 }, ['pids_limit']],
    [{ nofile: 1_048_576 }, []],
    [{ nofile: 1_048_577 }, ['nofile']],
    [{ storage_size: 1024 ** 4 + 1 }, ['storage_size']],
    [
      { memory: 9e9, cpus: 9, pids_limit: 9999, labels: { 'io.berth.managed': 'false' } },
      ['memory', 'cpus', 'pids_limit', 'labels.io.berth.managed']
    ],
    [{ labels: { 'io.berthing': 'x', 'com.example': 'x' } }, []],
    [{ start: false, wait: 'port' }, ['wait']],
    [{ start: false, wait: 'healthy' }, ['wait']],
    [{ start: false, wait: 'none' }, []],
    [{ start: false, wait: 'running' }, []],
    [{ start: false }, []],
    [{ wait: 'port', ports: [] }, ['wait']],
    [{ wait: 'http', ports: [{ container_port: 53, protocol: 'udp' }] }, ['wait']],
    [{ wait: 'http', ports: [tcp] }, []],
    [{ wait: 'port' }, []],
    [{ ports: [tcp, { container_port: 80, protocol: 'udp' }] }, []],
    [{ ports: [tcp, { container_port: 80, protocol: 'tcp' }] }, ['ports']],
    [{ ports: [8001, 8999].map((host_port) => ({ container_port: host_port, host_port })) }, []],
    [{ ports: [80, 81].map((container_port) => ({ container_port, host_port: 8001 })) }, ['ports']],
    [{ ports: (['tcp', 'udp'] as const).map((protocol) => ({ ...tcp, protocol, host_port: 8001 })) }, []],
    [
      { ports: [8000, 9000].map((host_port) => ({ container_port: host_port, host_port })) },
      ['ports.0.host_port', 'ports.1.host_port']
    ],
    [
      {
        volumes: [
          { source: 'a', target: '/x' },
          { source: 'b', target: '/x' }
        ]
      },
      ['volumes']
    ]
  ]
  for (const [body, refused] of table) t.strictSame(Object.keys(refusal(body)), refused, JSON.stringify(body))
})

t.test('a change is checked by the same ceilings', async (t) => {
  t.strictSame(Object.keys(refusal({ memory: 9e9, ttl_seconds: 5 })), ['memory'])
  t.strictSame(refusal({ restart: 'always' }), {})
})

t.test('a generated name', async (t) => {
  const now = Date.parse('2026-01-01T00:00:00.900Z')
  t.match(generateName(now), /^api-server-1767225600-[0-9a-f]{4}$/)
  const names = new Set(Array.from({ length: 50 }, () => generateName(now)))
  t.ok(names.size > 40, 'one second may have several')
  t.equal(nameForKey('key'), nameForKey('key'), 'the key determines it')
  t.not(nameForKey('key'), nameForKey('kez'))
})

t.test('requested ports', async (t) => {
  const image = (...ports: [number, 'tcp' | 'udp'][]) =>
    imageRecord({ exposedPorts: ports.map(([port, protocol]) => ({ port, protocol })) })
  const absent: CreateContainer = {}
  const one = (containerPort: number) => [{ containerPort, protocol: 'tcp', hostPort: undefined }]
  t.strictSame(wantedPorts(absent, image()), one(5000), 'nothing is exposed')
  t.strictSame(wantedPorts(absent, undefined), one(5000))
  t.strictSame(wantedPorts(absent, image([80, 'tcp'])), one(80), 'the only exposed one')
  t.strictSame(wantedPorts(absent, image([80, 'tcp'], [53, 'udp'])), one(80), 'the one TCP port')
  t.strictSame(wantedPorts(absent, image([80, 'tcp'], [443, 'tcp'])), one(5000), 'several are none')
  t.strictSame(wantedPorts({ ports: [] }, image([80, 'tcp'])), [], 'an empty list is none')
  t.strictSame(wantedPorts({ ports: [{ container_port: 53, protocol: 'udp', host_port: 8053 }] }, image()), [
    { containerPort: 53, protocol: 'udp', hostPort: 8053 }
  ])
})

t.test('each requested port gets a lease', async (t) => {
  const wanted = wantedPorts({ ports: [{ container_port: 80 }, { container_port: 53, protocol: 'udp' }] }, undefined)
  t.strictSame(bindPorts(wanted, [lease(8001), lease(8002)], '127.0.0.1'), [
    { containerPort: 80, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8001 },
    { containerPort: 53, protocol: 'udp', hostIp: '127.0.0.1', hostPort: 8002 }
  ])
})

t.test('the environment names the assigned ports', async (t) => {
  t.strictSame(portEnvironment([]), {})
  t.strictSame(portEnvironment([binding(8001)]), { HOST_PORT: '8001' })
  t.strictSame(portEnvironment([binding(8001, 5000), binding(8002, 80)]), {
    HOST_PORT: '8001',
    HOST_PORT_5000: '8001',
    HOST_PORT_80: '8002'
  })
})

t.test('the spec of an empty request', async (t) => {
  const spec = buildSpec({
    body: {},
    network: undefined,
    image: 'app:1',
    imageCheck: undefined,
    ports: [binding(8001)],
    ceilings: config,
    identity
  })
  t.match(spec, {
    image: 'app:1',
    env: { HOST_PORT: '8001' },
    limits: { memoryBytes: 512 * 1024 ** 2, cpus: 1, pids: 256, nofile: null, storageBytes: null, ioWeight: null },
    readOnlyRoot: false,
    runtime: undefined,
    restart: 'no',
    volumes: [],
    ports: [{ hostPort: 8001 }]
  })
  t.match(spec.labels, {
    'io.berth.managed': 'true',
    'io.berth.instance': 'here',
    'io.berth.attempt': 'try-1',
    'io.berth.start': 'true'
  })
  for (const field of ['command', 'entrypoint', 'user', 'workingDir', 'healthcheck', 'stopTimeoutSeconds'] as const)
    t.equal(spec[field], undefined, `${field} is the image's`)
})

t.test('the spec of a full request', async (t) => {
  const body: CreateContainer = {
    env: { GREETING: 'hello', HOST_PORT: 'mine' },
    labels: { team: 'red' },
    command: ['serve'],
    entrypoint: ['/init'],
    working_dir: '/srv',
    user: 'app',
    memory: 64 * 1024 ** 2,
    cpus: 0.5,
    pids_limit: 9,
    nofile: 4096,
    read_only: true,
    restart: 'always',
    healthcheck: {
      test: ['CMD', 'true'],
      interval_seconds: 0.5,
      timeout_seconds: 1,
      start_period_seconds: 0,
      retries: 2
    },
    volumes: [{ source: 'data', target: '/data' }],
    stop_timeout: 3,
    ttl_seconds: 60,
    start: false
  }
  const spec = buildSpec({
    imageCheck: undefined,
    body,
    network: 'shop',
    image: 'app:1',
    ports: [binding(8001)],
    ceilings: config,
    runtime: 'runsc',
    identity: { ...identity, idempotencyKey: 'key', requestHash: 'hash' }
  })
  t.match(spec, {
    env: { GREETING: 'hello', HOST_PORT: 'mine' },
    command: ['serve'],
    entrypoint: ['/init'],
    workingDir: '/srv',
    user: 'app',
    limits: { memoryBytes: 64 * 1024 ** 2, cpus: 0.5, pids: 9, nofile: 4096, storageBytes: null, ioWeight: null },
    readOnlyRoot: true,
    runtime: 'runsc',
    restart: 'always',
    healthcheck: { test: ['CMD', 'true'], intervalMs: 500, timeoutMs: 1000, startPeriodMs: 1, retries: 2 },
    volumes: [{ source: 'data', target: '/data', readOnly: false }],
    stopTimeoutSeconds: 3,
    network: { name: 'shop', aliases: [] }
  })
  t.match(spec.labels, {
    team: 'red',
    'io.berth.start': 'false',
    'io.berth.ttl-seconds': '60',
    'io.berth.idempotency-key': 'key',
    'io.berth.request-hash': 'hash'
  })
})
