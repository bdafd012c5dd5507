import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { NOBODY } from '../../src/access/caller.ts'
import { registerErrors } from '../../src/http/errors.ts'
import { registerPressure } from '../../src/http/pressure.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build, problem } from '../helpers/build.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'
import { until } from '../helpers/until.ts'

async function listening(t: Parameters<typeof build>[0], env: Record<string, string> = {}) {
  const server = await build(t, { env })
  await server.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.app.server.address() as { port: number }
  /** The answer to the bytes, until the server ends the connection. */
  async function send(...pieces: string[]): Promise<{ status: number; headers: string; body: string }> {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    const closed = once(socket, 'close')
    for (const piece of pieces) socket.write(piece)
    await closed
    const [headers = '', body = ''] = text.split('\r\n\r\n', 2)
    return { status: Number(headers.split(' ')[1]), headers, body }
  }
  return { ...server, port, send }
}

t.test('an invalid HTTP request gets problem details', async (t) => {
  const { send, engine } = await listening(t)
  const before = engine.writes().length
  const close = 'connection: close\r\n\r\n'
  const table: [name: string, bytes: string, status: number, code: string][] = [
    ['nonsense', 'nonsense\r\n\r\n', 400, 'INVALID_REQUEST'],
    ['no such method', `FETCH / HTTP/1.1\r\nhost: localhost\r\n${close}`, 400, 'INVALID_REQUEST'],
    ['no such version', `GET / HTTP/9.9\r\nhost: localhost\r\n${close}`, 400, 'INVALID_REQUEST'],
    ['a header without a name', `GET / HTTP/1.1\r\nhost: localhost\r\n: x\r\n${close}`, 400, 'INVALID_REQUEST'],
    ['a folded header', `GET / HTTP/1.1\r\nhost: localhost\r\nx: a\r\n b\r\n${close}`, 400, 'INVALID_REQUEST'],
    ['two hosts', `GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n${close}`, 421, 'HOST_NOT_ALLOWED'],
    [
      'the address of another host',
      `GET http://evil.example/ HTTP/1.1\r\nhost: localhost\r\n${close}`,
      421,
      'HOST_NOT_ALLOWED'
    ],
    [
      'two lengths',
      `POST /containers HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n${close}`,
      400,
      'INVALID_REQUEST'
    ],
    [
      'a length and chunks',
      `POST /containers HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n${close}0\r\n\r\n`,
      400,
      'INVALID_REQUEST'
    ],
    [
      'large headers',
      `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(17_000)}\r\n${close}`,
      431,
      'HEADERS_TOO_LARGE'
    ],
    ['a large path', `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nhost: localhost\r\n${close}`, 431, 'HEADERS_TOO_LARGE'],
    ['no host', `GET /health HTTP/1.1\r\n${close}`, 421, 'HOST_NOT_ALLOWED'],
    [
      'a foreign absolute address',
      `GET http://evil.example/health HTTP/1.1\r\nhost: evil.example\r\n${close}`,
      421,
      'HOST_NOT_ALLOWED'
    ]
  ]
  for (const [name, bytes, status, code] of table) {
    const answer = await send(bytes)
    t.equal(answer.status, status, name)
    t.match(answer.headers, /content-type: application\/problem\+json/i, name)
    t.match(JSON.parse(answer.body), { code, status, title: /./, detail: /./, request_id: /./ }, name)
  }
  t.match(
    await send(`GET /health HTTP/1.1\r\nhost: localhost\r\nexpect: miracles\r\n${close}`),
    { status: 200 },
    'an unknown expectation'
  )
  t.equal(engine.writes().length, before)
})

t.test('a slow sender gets a timeout, and the others are not delayed', async (t) => {
  const { app, send, get } = await listening(t)
  app.server.headersTimeout = 200
  app.server.requestTimeout = 300
  const slow = send('POST /containers HTTP/1.1\r\nhost: localhost\r\ncontent-le')
  t.equal((await get('/health')).statusCode, 200)
  const { status, body } = await slow
  t.equal(status, 408)
  t.match(JSON.parse(body), { code: 'REQUEST_TIMEOUT', retryable: true })
})

t.test('bodies are bounded in size and depth', async (t) => {
  const { ask, post, engine } = await build(t)
  const send = (payload: string) =>
    ask('POST', '/containers', { payload, headers: { 'content-type': 'application/json' } })
  problem(t, await post('/containers', { name: 'x'.repeat(300_000) }), 413, 'BODY_TOO_LARGE')
  problem(t, await send('['.repeat(200_000)), 400, 'INVALID_REQUEST')
  t.match(
    problem(t, await send(`{"env":${'['.repeat(32)}${']'.repeat(32)}}`), 400, 'INVALID_REQUEST').detail,
    /32 levels/
  )
  const many = problem(t, await send(`{"env":[${'{},'.repeat(50_000)}{}]}`), 400, 'INVALID_REQUEST')
  t.match(many.detail, /12000 values/)
  const brackets = { name: 'web', env: { A: '['.repeat(100), B: '\\"[{'.repeat(50) } }
  t.equal((await post('/containers', brackets)).statusCode, 201, 'brackets in a text do not count as depth')
  t.equal(engine.records().length, 1)
})

t.test('the number of reported problems is limited', async (t) => {
  const { post } = await build(t)
  const unknown = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`u${index}`, 1]))
  const many = await post('/containers', unknown)
  const { errors } = problem(t, many, 400, 'INVALID_REQUEST')
  t.equal(errors.length, 21)
  t.same(errors.at(-1), { field: 'body', message: 'has 9980 more problems' })
  const long = await post('/containers', { ['x'.repeat(100_000)]: 1, env: { ['Y='.repeat(50_000)]: '' } })
  problem(t, long, 400, 'INVALID_REQUEST')
  t.ok(long.payload.length < 2000, long.payload.slice(0, 1000))
})

t.test('an unknown parameter is refused', async (t) => {
  const { get, ask, make } = await build(t)
  await make({ name: 'web' })
  for (const [method, url, field, meant] of [
    ['GET', '/containers?stat=running', 'stat', '; is "state" meant?'],
    ['GET', '/containers/web?verbose=1', 'verbose', ''],
    ['DELETE', '/containers/web?forse=true', 'forse', '; is "force" meant?'],
    ['GET', '/ports?x', 'x', ''],
    ['POST', '/containers?name=x', 'name', '']
  ] as const)
    t.same(problem(t, await ask(method, url), 400, 'INVALID_REQUEST').errors, [
      { field, message: `is not a known query parameter${meant}` }
    ])
  t.equal((await get('/openapi.json?x=1')).statusCode, 200, 'pages take anything')
  t.equal((await get('/containers?state=running')).statusCode, 200)
})

t.test('changes per second are limited per token, and reads are not', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const { ask, get, engine } = await build(t, { store, env: { BERTH_CHANGES_PER_SECOND: '0.2' }, early: true })
  const as = { headers: bearer(secrets['containers:write']) }
  t.equal((await ask('POST', '/containers', as)).statusCode, 201)
  const before = engine.writes().length
  const answer = await ask('POST', '/containers', as)
  problem(t, answer, 429, 'TOO_MANY_REQUESTS')
  t.match(answer.headers, {
    'retry-after': /^[1-5]$/,
    'ratelimit-policy': '"changes";q=1;w=5',
    ratelimit: '"changes";r=0'
  })
  t.equal(engine.writes().length, before)
  for (let count = 0; count < 20; count++)
    t.equal((await get('/containers', { headers: bearer(secrets.read) })).statusCode, 200)
  t.equal((await ask('POST', '/containers', { headers: bearer(secrets.admin) })).statusCode, 201)
})

t.test('streams are limited per token', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const { app } = await build(t, { store, env: { BERTH_STREAMS_PER_CALLER: '2' }, early: true })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const open = () =>
    new Promise<IncomingMessage>((resolve, reject) =>
      get(`${url}/events`, { headers: bearer(secrets.read), agent: false }, resolve).on('error', reject)
    )
  const [first, second] = [await open(), await open()]
  t.strictSame([first.statusCode, second.statusCode], [200, 200])
  const third = await open()
  t.equal(third.statusCode, 429)
  t.match(await json(third), { code: 'TOO_MANY_REQUESTS' })
  first.destroy()
  await until(async () => {
    const again = await open()
    again.destroy()
    return again.statusCode === 200
  })
  second.destroy()
})

async function underPressure(t: Test) {
  const app = Fastify()
  t.teardown(() => app.close())
  registerErrors(app)
  app.decorateRequest('caller', { getter: () => NOBODY })
  await registerPressure(app, { maxEventLoopDelay: 50, sampleInterval: 100 })
  app.get('/work', { config: { scope: 'read' } }, async () => 'done')
  app.get('/health', { config: { scope: 'open' } }, async () => 'alive')
  return app
}

/** Blocks the thread, then lets it notice. */
async function holdUp(ms: number): Promise<void> {
  const end = performance.now() + ms
  while (performance.now() < end);
  await setTimeout(1)
}

t.test('a server whose start took long is not busy', async (t) => {
  const app = await underPressure(t)
  app.register(() => holdUp(300))
  await app.ready()
  const end = performance.now() + 150
  while (performance.now() < end) {
    t.equal((await app.inject('/work')).statusCode, 200)
    await setTimeout(10)
  }
})

t.test('an overloaded server refuses requests, but its liveness check passes', async (t) => {
  const app = await underPressure(t)
  await app.ready()
  await until(async () => (await app.inject('/work')).statusCode === 200)
  await until(async () => {
    await holdUp(150)
    const [answer, health] = await Promise.all([app.inject('/work'), app.inject('/health')])
    t.equal(health.statusCode, 200)
    if (answer.statusCode === 200) return false
    t.match(answer.json(), { status: 503, code: 'SERVER_BUSY', retryable: true })
    return true
  })
})

t.test('idle connections do not lock out others', async (t) => {
  const { port, get } = await listening(t, { BERTH_CONNECTIONS_MAX: '16' })
  const flood = Array.from({ length: 40 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  t.teardown(() => flood.forEach((socket) => socket.destroy()))
  await Promise.all(flood.map((socket) => once(socket, 'connect')))
  t.equal((await fetch(`http://127.0.0.1:${port}/containers`)).status, 200)
  await until(() => flood.filter((socket) => !socket.destroyed).length <= 16)
  t.equal((await get('/health')).statusCode, 200)
})

t.test('a connection carries at most a hundred unanswered requests, and none outlives it', async (t) => {
  const { port, app, make } = await listening(t)
  await make({ name: 'web' })
  let open = 0
  app.server.prependListener('request', (_request, response) => {
    open++
    response.once('close', () => open--)
  })
  const wait = 'GET /containers/web/wait?for=exited&timeout_seconds=300 HTTP/1.1\r\nhost: localhost\r\n\r\n'
  const polite = connect(port, '127.0.0.1')
  polite.write(wait.repeat(50))
  await until(() => open === 50)
  polite.destroy()
  await until(() => open === 0)
  const greedy = connect(port, '127.0.0.1').on('error', () => {})
  greedy.write(wait.repeat(5_000))
  await new Promise((resolve) => greedy.once('close', resolve))
  await until(() => open === 0)
})

t.test('open requests are limited per token', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const env = { BERTH_REQUESTS_PER_CALLER: '2' }
  const { get, engine } = await build(t, { store, env, early: true })
  engine.add({ name: 'web' })
  const as = (secret: string) => ({ headers: bearer(secret) })
  const left = new AbortController()
  const wait = () => get('/containers/web/wait?for=exited', { ...as(secrets.read), signal: left.signal })
  const waiting = [wait(), wait()]
  problem(t, await wait(), 429, 'TOO_MANY_REQUESTS')
  t.equal((await get('/containers', as(secrets.admin))).statusCode, 200)
  left.abort()
  await Promise.allSettled(waiting)
  t.equal((await get('/containers', as(secrets.read))).statusCode, 200)
})
