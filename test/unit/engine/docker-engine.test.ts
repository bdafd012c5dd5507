// The adapter against a server that answers as an engine would: what it asks, and what it makes of the answers.

import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { createConnection } from '../../../src/engine/docker/connection.ts'
import { createDockerEngine } from '../../../src/engine/docker/engine.ts'
import type { ErrorCode } from '../../../src/errors.ts'
import { collect } from '../../helpers/collect.ts'
import { idOf, silentLog } from '../../helpers/records.ts'
import { until } from '../../helpers/until.ts'

type Asked = { method: string; path: string; query: Record<string, string>; body: unknown }
type Answer = (asked: Asked, answer: http.ServerResponse) => void

const ID = idOf('web')
const json =
  (status: number, body: unknown): Answer =>
  (_asked, answer) =>
    answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

async function engineThat(
  t: Test,
  answers: Record<string, Answer>,
  given: {
    concurrency?: number
    queue?: number
    whose?: () => string | undefined
    changeTimeoutMs?: number
    registryIdleMs?: number
    registryTimeoutMs?: number
  } = {}
) {
  const asked: Asked[] = []
  const server = http.createServer((request, answer) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://engine')
    let text = ''
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      if (pathname === '/_ping') return answer.writeHead(200, { 'api-version': '1.41' }).end('OK')
      const path = pathname.replace(/^\/v1\.41/, '')
      if (path === '/version') return json(200, { Version: '20.10.24' })(undefined as never, answer)
      const call = {
        method: request.method ?? '',
        path,
        query: Object.fromEntries(searchParams),
        body: text ? JSON.parse(text) : undefined
      }
      asked.push(call)
      const known = answers[`${call.method} ${path}`]
      if (known) known(call, answer)
      else json(500, { message: `not expected: ${call.method} ${path}` })(call, answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const connection = createConnection({
    candidates: [{ kind: 'tcp', protocol: 'http', host: '127.0.0.1', port, source: 'test' }],
    log: silentLog
  })
  t.teardown(() => {
    connection.close()
    server.closeAllConnections()
    server.close()
  })
  await connection.start()
  const engine = createDockerEngine({
    connection,
    log: silentLog,
    concurrency: 16,
    queue: 1000,
    changeTimeoutMs: 5_000,
    registryIdleMs: 5_000,
    registryTimeoutMs: 9_000,
    ...given
  })
  return { engine, asked, connection }
}

t.test('creating', async (t) => {
  const { engine, asked } = await engineThat(t, { 'POST /containers/create': json(201, { Id: ID, Warnings: null }) })
  const made = await engine.createContainer('web', {
    image: 'app:1',
    env: { A: '1' },
    labels: {},
    limits: { memoryBytes: 64, cpus: 1, pids: 9, nofile: null },
    restart: 'no',
    volumes: [],
    ports: []
  })
  t.strictSame(made, { id: ID, warnings: [] })
  t.match(asked, [{ query: { name: 'web' }, body: { Image: 'app:1', Env: ['A=1'], HostConfig: { Init: true } } }])
})

t.test('an answer to a create that names no container is none', async (t) => {
  const spec = { image: 'app:1', env: {}, labels: {}, restart: 'no', volumes: [], ports: [] } as const
  const limits = { memoryBytes: 64, cpus: 1, pids: 9, nofile: null }
  for (const body of [{}, { Id: '' }, { Id: 7 }, null, [], 'made']) {
    const { engine } = await engineThat(t, { 'POST /containers/create': json(201, body) })
    const made = engine.createContainer('web', { ...spec, limits, volumes: [], ports: [] })
    await t.rejects(made, { code: 'ENGINE_ANSWER_INVALID' }, JSON.stringify(body))
  }
})

t.test('listing by label', async (t) => {
  const row = { Id: ID, Names: ['/web'], Labels: { a: 'b' }, State: 'running', Status: 'Up 2 seconds (healthy)' }
  const { engine, asked } = await engineThat(t, { 'GET /containers/json': json(200, [row]) })
  t.strictSame(await engine.listContainers({ label: 'a=b' }), [
    { id: ID, name: 'web', state: 'running', health: 'healthy' }
  ])
  t.match(asked[0]?.query, { all: '1', filters: '{"label":["a=b"]}' })
})

t.test('a list by label that holds something without the label is no answer', async (t) => {
  for (const Labels of [undefined, null, {}, { a: 'c' }]) {
    const { engine } = await engineThat(t, {
      'GET /containers/json': json(200, [{ Id: ID, Names: ['/web'], Labels, State: 'running' }]),
      'GET /volumes': json(200, { Volumes: [{ Name: 'data', Labels }] })
    })
    const refusal = { code: 'ENGINE_ANSWER_INVALID' }
    await t.rejects(engine.listContainers({ label: 'a=b' }), refusal, JSON.stringify(Labels))
    await t.rejects(engine.listVolumes({ label: 'a=b' }), refusal, JSON.stringify(Labels))
  }
})

t.test('starting what runs and stopping what does not is no error', async (t) => {
  const unchanged: Answer = (_asked, answer) => answer.writeHead(304).end()
  const { engine, asked } = await engineThat(t, {
    [`POST /containers/${ID}/start`]: unchanged,
    [`POST /containers/${ID}/stop`]: unchanged
  })
  await engine.startContainer(ID)
  await engine.stopContainer(ID, 3)
  t.match(asked[1]?.query, { t: '3' })
})

t.test('removing what is gone says so', async (t) => {
  const gone = json(404, { message: `No such container: ${ID}` })
  const { engine, asked } = await engineThat(t, { [`DELETE /containers/${ID}`]: gone })
  t.equal(await engine.removeContainer(ID, { force: true, volumes: false }), false)
  t.match(asked[0]?.query, { force: '1', v: '0' })
})

t.test('a volume', async (t) => {
  const { engine } = await engineThat(t, {
    // The filter of the engine finds parts of names, too.
    'GET /volumes': json(200, { Volumes: [{ Name: 'database' }] }),
    'DELETE /volumes/data': json(404, { message: 'get data: no such volume' }),
    'DELETE /volumes/database': json(409, { message: 'remove database: volume is in use - [x]' })
  })
  t.equal(await engine.volumeExists('data'), false)
  t.equal(await engine.volumeExists('database'), true)
  t.equal(await engine.removeVolume('data'), false)
  await t.rejects(engine.removeVolume('database'), { code: 'ENGINE_FAILED', message: /in use/ })
})

t.test('pulling', async (t) => {
  const done = '{"status":"Pulling from x","id":"1"}\n{"status":"Status: Downloaded newer image for x"}\n'
  const table: [reference: string, asked: string][] = [
    ['shop/web', 'shop/web:latest'],
    ['shop/web:2', 'shop/web:2'],
    ['localhost:5000/web', 'localhost:5000/web:latest'],
    [
      'web@sha256:abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0',
      'web@sha256:abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0'
    ]
  ]
  for (const [reference, expected] of table) {
    const { engine, asked } = await engineThat(t, {
      'POST /images/create': (_asked, answer) => answer.writeHead(200).end(done)
    })
    await engine.pullImage(reference)
    t.equal(asked[0]?.query.fromImage, expected, 'one tag, not all of them')
  }
  const broken = await engineThat(t, {
    'POST /images/create': (_asked, answer) => answer.writeHead(200).end('{"status":"Pulling from x"}\n')
  })
  await t.rejects(broken.engine.pullImage('x'), { code: 'ENGINE_FAILED' })
})

t.test('what is not there is told apart from what could not be read', async (t) => {
  const engineWith = async (status: number, body: unknown) => {
    const answers = { [`GET /containers/${ID}/json`]: json(status, body), 'GET /images/web/json': json(status, body) }
    return (await engineThat(t, answers)).engine
  }
  t.equal(await (await engineWith(404, { message: 'No such container: web' })).inspectContainer(ID), undefined)
  t.equal(await (await engineWith(404, { message: 'No such image: web' })).inspectImage('web'), undefined)
  const unread: [status: number, body: unknown, code: ErrorCode][] = [
    [404, { message: 'page not found' }, 'ENGINE_UNSUPPORTED'],
    [500, { message: 'layer store is corrupt' }, 'ENGINE_FAILED'],
    [200, {}, 'ENGINE_ANSWER_INVALID'],
    [200, null, 'ENGINE_ANSWER_INVALID']
  ]
  for (const [status, body, code] of unread) {
    const engine = await engineWith(status, body)
    await t.rejects(async () => void (await engine.inspectContainer(ID)), { code })
    await t.rejects(async () => void (await engine.inspectImage('web')), { code })
  }
})

t.test('an image by a name with slashes and a digest', async (t) => {
  const image = { Id: 'sha256:x', RepoTags: null, Config: { ExposedPorts: { '80/tcp': {} } } }
  const { engine } = await engineThat(t, {
    'GET /images/localhost:5000/shop/web@sha256:abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0/json':
      json(200, image)
  })
  t.match(
    await engine.inspectImage(
      'localhost:5000/shop/web@sha256:abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0'
    ),
    { tags: [], exposedPorts: [{ port: 80 }] }
  )
})

t.test('output', async (t) => {
  const frame = (text: string) => Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)])
  const { engine, asked } = await engineThat(t, {
    [`GET /containers/${ID}/logs`]: (_asked, answer) => answer.writeHead(200).end(frame('2026-01-01T00:00:00Z hello\n'))
  })
  const query = { stdout: true, stderr: false, follow: false, tail: 5, since: '1.5' }
  t.strictSame(await collect(engine.containerLogs(ID, false, query)), [
    { stream: 'stdout', time: '2026-01-01T00:00:00Z', text: 'hello' }
  ])
  t.strictSame(asked[0]?.query, { stdout: '1', stderr: '0', follow: '0', timestamps: '1', tail: '5', since: '1.5' })
})

t.test('a reader that stops ends the engine’s stream', async (t) => {
  let isClosed = false
  const { engine } = await engineThat(t, {
    'GET /events': (_asked, answer) => {
      answer.on('close', () => (isClosed = true))
      answer.writeHead(200)
      answer.write(`${JSON.stringify({ Type: 'container', Action: 'start', Actor: { ID }, timeNano: 5 })}\n`)
    }
  })
  for await (const event of await engine.events(undefined, new AbortController().signal)) {
    t.match(event, { type: 'container', action: 'start', id: ID, attributes: {}, timeNano: 5 })
    break
  }
  await until(() => isClosed)
})

t.test('processes', async (t) => {
  const { engine } = await engineThat(t, {
    [`GET /containers/${ID}/top`]: json(200, { Titles: ['PID'], Processes: null })
  })
  t.strictSame(await engine.containerProcesses(ID), { titles: ['PID'], processes: [] })
})

t.test('a burst of changes is a queue here, reads are not held up by it', async (t) => {
  const starts: http.ServerResponse[] = []
  const { engine, asked } = await engineThat(
    t,
    {
      [`POST /containers/${ID}/start`]: (_asked, answer) => void starts.push(answer),
      'GET /containers/json': json(200, [])
    },
    { concurrency: 2 }
  )
  const all = Array.from({ length: 5 }, () => engine.startContainer(ID))
  await until(() => starts.length === 2)
  t.strictSame(await engine.listContainers(), [])
  t.equal(asked.filter(({ method }) => method === 'POST').length, 2)
  while (starts.length > 0 || asked.filter(({ method }) => method === 'POST').length < 5) {
    starts.shift()?.writeHead(204).end()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(all)
})

t.test('a change that is cancelled leaves the line; one that was sent is awaited', async (t) => {
  const starts: http.ServerResponse[] = []
  const { engine, asked } = await engineThat(
    t,
    { [`POST /containers/${ID}/start`]: (_asked, answer) => void starts.push(answer) },
    { concurrency: 1 }
  )
  const client = new AbortController()
  const sent = engine.startContainer(ID, client.signal)
  await until(() => starts.length === 1)
  const waiting = Array.from({ length: 200 }, () => engine.startContainer(ID, client.signal))
  const live = engine.startContainer(ID)
  client.abort()
  for (const gone of waiting) await t.rejects(gone, { code: 'REQUEST_CANCELLED' })
  starts.shift()?.writeHead(204).end()
  await t.resolves(sent)
  await until(() => starts.length === 1)
  starts.shift()?.writeHead(204).end()
  await live
  t.equal(asked.length, 2)
})

t.test('a workload may ask for any time to end', async (t) => {
  const { engine } = await engineThat(t, {
    [`POST /containers/${ID}/stop`]: (_asked, answer) => void answer.writeHead(204).end()
  })
  for (const seconds of [-1, 0, 4_000_000]) await t.resolves(engine.stopContainer(ID, seconds), `${seconds} s`)
})

t.test('workloads that take long to end hold nothing up, however many they are', async (t) => {
  const stops: http.ServerResponse[] = []
  const { engine } = await engineThat(t, {
    [`POST /containers/${ID}/stop`]: (_asked, answer) => void stops.push(answer),
    'GET /containers/json': json(200, [])
  })
  const all = Array.from({ length: 80 }, () => engine.stopContainer(ID, 10))
  await until(() => stops.length === 80, 5_000)
  t.strictSame(await engine.listContainers(), [])
  for (const answer of stops) answer.writeHead(204).end()
  await Promise.all(all)
})

t.test('an engine that hangs up is noticed', async (t) => {
  const { engine, connection } = await engineThat(t, {
    [`POST /containers/${ID}/start`]: (_asked, answer) => void answer.socket?.destroy()
  })
  await t.rejects(engine.startContainer(ID), { code: 'ENGINE_UNAVAILABLE' })
  await connection.whenAvailable(AbortSignal.timeout(5_000))
  t.match(engine.status(), { available: true })
})

t.test('a change that takes too long may still be carried out', async (t) => {
  const { engine } = await engineThat(t, { [`POST /containers/${ID}/start`]: () => {} }, { changeTimeoutMs: 50 })
  await t.rejects(engine.startContainer(ID), { code: 'ENGINE_TIMEOUT', message: /may still do so/ })
  t.match(engine.status(), { available: true }, 'which is not an engine that is gone')
})

t.test('changes of one caller do not hold up those of another', async (t) => {
  const open: http.ServerResponse[] = []
  let whose = 'flood'
  const { engine, asked } = await engineThat(
    t,
    { [`POST /containers/${ID}/start`]: (_asked, answer) => void open.push(answer) },
    { concurrency: 1, whose: () => whose }
  )
  const all = Array.from({ length: 50 }, () => engine.startContainer(ID))
  whose = 'other'
  const other = engine.startContainer(ID).then(() => asked.length)
  const answering = setInterval(() => open.shift()?.writeHead(204).end(), 1)
  t.teardown(() => clearInterval(answering))
  t.ok((await other) <= 4, 'it is the third')
  await Promise.all(all)
})
