// Every malformed request gets a 400 that names the field, and the engine gets no call.

import t from 'tap'
import { build, problem } from '../helpers/build.ts'

const port = { container_port: 80 }

const CREATE: [body: unknown, field: string][] = [
  [[], 'body'],
  ['text', 'body'],
  [7, 'body'],
  [{ memry: '512m' }, 'memry'],
  [{ privileged: true }, 'privileged'],
  [{ name: '' }, 'name'],
  [{ name: '-web' }, 'name'],
  [{ name: 'a b' }, 'name'],
  [{ name: 'a/../b' }, 'name'],
  [{ name: 'x'.repeat(64) }, 'name'],
  [{ name: 7 }, 'name'],
  [{ name: 'web\n' }, 'name'],
  [{ image: '' }, 'image'],
  [{ wait: 'http', wait_path: '/a b' }, 'wait_path'],
  [{ wait: 'http', wait_path: '/é' }, 'wait_path'],
  [{ wait: 'http', wait_path: '/\r\nX: y' }, 'wait_path'],
  [{ working_dir: '/a\u0000' }, 'working_dir'],
  [{ volumes: [{ source: 'data', target: '/a\u0000' }] }, 'volumes.0.target'],
  [{ image: 'a b' }, 'image'],
  [{ image: '--help' }, 'image'],
  [{ image: 'x'.repeat(256) }, 'image'],
  [{ pull: 'sometimes' }, 'pull'],
  [{ ports: { http: 80 } }, 'ports.http'],
  [{ ports: [80] }, 'ports.0'],
  [{ ports: [{}] }, 'ports.0.container_port'],
  [{ ports: [{ container_port: '80' }] }, 'ports.0.container_port'],
  [{ ports: [{ container_port: 0 }] }, 'ports.0.container_port'],
  [{ ports: [{ container_port: 65536 }] }, 'ports.0.container_port'],
  [{ ports: [{ container_port: 80.5 }] }, 'ports.0.container_port'],
  [{ ports: [port, { container_port: 81, protocol: 'sctp' }] }, 'ports.1.protocol'],
  [{ ports: [{ ...port, host_port: 80 }] }, 'ports.0.host_port'],
  [{ ports: [{ ...port, host_port: 9000 }] }, 'ports.0.host_port'],
  [{ ports: [{ ...port, host_ip: '0.0.0.0' }] }, 'ports.0.host_ip'],
  [{ ports: Array.from({ length: 33 }, (_, index) => ({ container_port: index + 1 })) }, 'ports'],
  [{ ports: [port, port] }, 'ports'],
  [{ env: ['A=1'] }, 'env'],
  [{ env: { A: 1 } }, 'env.A'],
  [{ env: { 'A B': '1' } }, 'env.A B'],
  [{ env: { '': '1' } }, 'env.'],
  [{ env: { 'A=B': '1' } }, 'env.A=B'],
  [{ labels: { team: 7 } }, 'labels.team'],
  [{ labels: { '': 'x' } }, 'labels.'],
  [{ labels: { 'two\nlines': {} } }, 'labels.two\nlines'],
  [{ labels: { ['x'.repeat(256)]: 'x' } }, `labels.${'x'.repeat(100)}…`],
  [{ labels: { 'io.berth.managed': 'false' } }, 'labels.io.berth.managed'],
  [{ command: 'sh -c "true' }, 'command'],
  [{ command: [] }, 'command'],
  [{ command: [7] }, 'command.0'],
  [{ entrypoint: [] }, 'entrypoint'],
  [{ working_dir: 'srv' }, 'working_dir'],
  [{ user: 'root:root:root' }, 'user'],
  [{ user: 'a b' }, 'user'],
  [{ memory: 'much' }, 'memory'],
  [{ memory: 1024 }, 'memory'],
  [{ memory: 1e12 }, 'memory'],
  [{ memory: 64e6 + 0.5 }, 'memory'],
  [{ cpus: 0 }, 'cpus'],
  [{ cpus: 1000 }, 'cpus'],
  [{ pids_limit: 0 }, 'pids_limit'],
  [{ pids_limit: 5000 }, 'pids_limit'],
  [{ nofile: 63 }, 'nofile'],
  [{ nofile: 2_000_000 }, 'nofile'],
  [{ storage_size: 1000 }, 'storage_size'],
  [{ storage_size: '2t' }, 'storage_size'],
  [{ io_weight: 9 }, 'io_weight'],
  [{ io_weight: 1001 }, 'io_weight'],
  [{ restart: 'perhaps' }, 'restart'],
  [{ healthcheck: {} }, 'healthcheck.test'],
  [{ healthcheck: { test: 'true' } }, 'healthcheck.test'],
  [{ healthcheck: { test: [] } }, 'healthcheck.test'],
  [{ healthcheck: { test: ['CMD', 'true'], retries: 0 } }, 'healthcheck.retries'],
  [{ healthcheck: { test: ['CMD', 'true'], interval: 5 } }, 'healthcheck.interval'],
  [{ volumes: [{ source: '/etc', target: '/data' }] }, 'volumes.0.source'],
  [{ volumes: [{ source: '../x', target: '/data' }] }, 'volumes.0.source'],
  [{ volumes: [{ source: 'data', target: 'data' }] }, 'volumes.0.target'],
  [{ volumes: [{ source: 'data' }] }, 'volumes.0.target'],
  [{ volumes: [{ source: 'data', target: '/data', type: 'bind' }] }, 'volumes.0.type'],
  [
    {
      volumes: [
        { source: 'one', target: '/data' },
        { source: 'two', target: '/data' }
      ]
    },
    'volumes'
  ],
  [{ stop_timeout: -1 }, 'stop_timeout'],
  [{ stop_timeout: 301 }, 'stop_timeout'],
  [{ ttl_seconds: 0 }, 'ttl_seconds'],
  [{ ttl_seconds: 1e9 }, 'ttl_seconds'],
  [{ start: 'yes' }, 'start'],
  [{ wait: 'forever' }, 'wait'],
  [{ wait: 'port', start: false }, 'wait'],
  [{ wait: 'port', ports: [] }, 'wait'],
  [{ wait_path: 'ready' }, 'wait_path'],
  [{ wait_timeout_seconds: 0 }, 'wait_timeout_seconds'],
  [{ wait_timeout_seconds: 301 }, 'wait_timeout_seconds']
]

const UPDATE: [body: unknown, field: string][] = [
  [{}, 'body'],
  [[], 'body'],
  [{ name: 'new' }, 'name'],
  [{ memory: null }, 'body'],
  [{ memory: 1 }, 'memory'],
  [{ cpus: '1' }, 'cpus'],
  [{ cpus: 9 }, 'cpus'],
  [{ pids_limit: -1 }, 'pids_limit'],
  [{ restart: 'sometimes' }, 'restart'],
  [{ ttl_seconds: '60' }, 'ttl_seconds'],
  [{ ttl_seconds: 0.5 }, 'ttl_seconds']
]

const EXEC: [body: unknown, field: string][] = [
  [{}, 'command'],
  [{ command: '' }, 'command'],
  [{ command: [] }, 'command'],
  [{ command: ['ls'], tty: true }, 'tty'],
  [{ command: ['ls'], user: '$(id)' }, 'user'],
  [{ command: ['ls'], working_dir: 'tmp' }, 'working_dir'],
  [{ command: ['ls'], env: { 'A B': 'x' } }, 'env.A B'],
  [{ command: ['ls'], timeout_seconds: 999 }, 'timeout_seconds']
]

const ROUTES: [method: string, url: string, table: [unknown, string][]][] = [
  ['POST', '/containers', CREATE],
  ['POST', '/containers/create', CREATE],
  ['PATCH', '/containers/web', UPDATE],
  ['POST', '/containers/web/exec', EXEC]
]

for (const [method, url, table] of ROUTES) {
  t.test(`${method} ${url}`, async (t) => {
    const { ask, make, engine } = await build(t, { env: { BERTH_EXEC: 'true' } })
    await make({ name: 'web' })
    const before = engine.writes().length
    for (const [body, field] of table) {
      const payload = JSON.stringify(body)
      const answer = await ask(method, url, { payload, headers: { 'content-type': 'application/json' } })
      t.test(payload.slice(0, 80), async (t) => {
        const { errors, detail } = problem(t, answer, 400, 'INVALID_REQUEST')
        t.ok(
          errors?.some((error: { field: string; message: string }) => error.field === field && error.message !== ''),
          `names ${field}, not ${JSON.stringify(errors)}`
        )
        t.match(detail, field)
      })
    }
    t.equal(engine.writes().length, before, 'the engine got no call')
  })
}

t.test('an error names every problem of a request', async (t) => {
  const { post } = await build(t)
  const { errors } = problem(t, await post('/containers', { name: '', cpus: 'x', memry: 1 }), 400, 'INVALID_REQUEST')
  t.strictSame(errors.map(({ field }: { field: string }) => field).toSorted(), ['cpus', 'memry', 'name'])
  const ceilings = problem(t, await post('/containers', { memory: 9e9, cpus: 9 }), 400, 'INVALID_REQUEST')
  t.match(ceilings.errors, [{ field: 'memory' }, { field: 'cpus' }])
})

t.test('invalid JSON', async (t) => {
  const { ask } = await build(t)
  for (const payload of ['{', '{"name":}', 'name=web', '{"a":1}}', '\u0000']) {
    const answer = await ask('POST', '/containers', { payload, headers: { 'content-type': 'application/json' } })
    problem(t, answer, 400, 'INVALID_REQUEST')
  }
})

t.test('a body that would pollute prototypes', async (t) => {
  const { ask, engine } = await build(t)
  for (const payload of ['{"__proto__":{"start":false}}', '{"constructor":{"prototype":{"x":1}}}']) {
    const answer = await ask('POST', '/containers', { payload, headers: { 'content-type': 'application/json' } })
    problem(t, answer, 400, 'INVALID_REQUEST')
  }
  t.strictSame(engine.writes(), [])
})

t.test('numbers and booleans of a query are parsed, and invalid ones refused', async (t) => {
  const { ask, make } = await build(t)
  await make({ name: 'web' })
  const table: [method: string, url: string, field: string][] = [
    ['POST', '/containers/web/stop?timeout=-1', 'timeout'],
    ['POST', '/containers/web/stop?timeout=301', 'timeout'],
    ['POST', '/containers/web/stop?timeout=soon', 'timeout'],
    ['POST', '/containers/web/stop?timeout=', 'timeout'],
    ['POST', '/containers/web/stop?timeout=1&timeout=2', 'timeout'],
    ['POST', '/containers/web/restart?timeout=1.5', 'timeout'],
    ['DELETE', '/containers/web?force=yes', 'force'],
    ['GET', `/containers/${'x'.repeat(129)}`, 'id']
  ]
  for (const [method, url, field] of table)
    t.match(problem(t, await ask(method, url), 400, 'INVALID_REQUEST').errors, [{ field }], url)
})
