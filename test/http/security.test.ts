import Fastify from 'fastify'
import t from 'tap'
import { createBudget } from '../../src/access/budget.ts'
import { ANYBODY, NOBODY } from '../../src/access/caller.ts'
import { createAccess } from '../../src/access/service.ts'
import { createConnections } from '../../src/lib/connections.ts'
import { createOnBehalf } from '../../src/lib/on-behalf.ts'
import { registerSecurity } from '../../src/http/security.ts'
import { build, problem } from '../helpers/build.ts'

const TOKEN = 'correct-horse-battery-staple-0123456789'
const openAccess = () =>
  createAccess({
    token: undefined,
    tokens: { anybody: () => ANYBODY, exist: () => false, find: () => undefined },
    isPrivate: true
  })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

t.test('with a token', async (t) => {
  const { get, post, ask, engine } = await build(t, { env: { BERTH_TOKEN: TOKEN } })

  t.test('every request must carry it', async (t) => {
    for (const [method, url] of [
      ['GET', '/'],
      ['GET', '/containers'],
      ['HEAD', '/containers'],
      ['GET', '/ports'],
      ['GET', '/containers/web/logs?follow=true'],
      ['GET', '/stats'],
      ['GET', '/metrics'],
      ['GET', '/events'],
      ['GET', '/system/info'],
      ['POST', '/containers'],
      ['DELETE', '/containers/web'],
      ['GET', '/nothing'],
      ['PUT', '/containers']
    ] as const) {
      const answer = await ask(method, url)
      t.equal(answer.statusCode, 401, `${method} ${url}`)
      t.equal(answer.headers['www-authenticate'], 'Bearer')
      if (method !== 'HEAD') problem(t, answer, 401, 'UNAUTHORIZED')
    }
    t.strictSame(engine.writes(), [])
  })

  t.test('and it must be the right one', async (t) => {
    for (const authorization of [
      'Bearer wrong',
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(0, -1)}`,
      `Bearer ${TOKEN.toUpperCase()}`,
      `Bearer ${TOKEN} ${TOKEN}`,
      `Basic ${Buffer.from(`x:${TOKEN}`).toString('base64')}`,
      TOKEN,
      'Bearer',
      ''
    ]) {
      problem(t, await get('/containers', { headers: { authorization } }), 401, 'UNAUTHORIZED')
    }
    problem(t, await get(`/containers?token=${TOKEN}`), 401, 'UNAUTHORIZED')
    problem(t, await get('/containers', { headers: { cookie: `token=${TOKEN}` } }), 401, 'UNAUTHORIZED')
  })

  t.test('gives full access', async (t) => {
    t.equal((await get('/containers', { headers: bearer(TOKEN) })).statusCode, 200)
    t.equal((await get('/containers', { headers: { authorization: `bearer  ${TOKEN}` } })).statusCode, 200)
    t.equal((await post('/containers', {}, bearer(TOKEN))).statusCode, 201)
  })

  t.test('is not needed for health and documentation', async (t) => {
    for (const url of ['/health', '/health/ready', '/docs', '/redoc', '/redoc/style.css', '/openapi.json', '/docs/'])
      t.ok([200, 302].includes((await get(url)).statusCode), url)
  })

  t.test('is needed for paths that only begin like these', async (t) => {
    for (const url of ['/healthy', '/docsx', '/openapi.jsonx', '/health/../containers', '/docs/../containers'])
      problem(t, await get(url), 401, 'UNAUTHORIZED')
  })

  t.test('is the security that the document lists for each operation', async (t) => {
    const { paths } = (await get('/openapi.json')).json()
    t.strictSame(paths['/containers'].get.security, [{ bearer: ['read'] }])
    t.strictSame(paths['/containers'].post.security, [{ bearer: ['containers:write'] }])
    t.strictSame(paths['/health'].get.security, [])
  })
})

t.test('a server without a token asks for none', async (t) => {
  const { get } = await build(t)
  t.equal((await get('/containers')).statusCode, 200)
  const { paths } = (await get('/openapi.json')).json()
  t.strictSame(paths['/containers'].get.security, [{}, { bearer: ['read'] }])
})

t.test('a route that declares no scope ends the start', async (t) => {
  const bare = Fastify()
  registerSecurity(bare, {
    access: openAccess(),
    budget: createBudget({ changesPerSecond: 0, streams: 0 }),
    nobody: NOBODY,
    admit: () => {},
    connections: createConnections(16),
    onBehalf: createOnBehalf(),
    tokenAmong: (others) => ({ token: undefined, others })
  })
  bare.get('/good', { config: { scope: 'read' } }, async () => 'good')
  await bare.register(async (inner) => void inner.get('/bad', async () => 'bad'), { prefix: '/inner' })
  await t.rejects(async () => bare.ready(), { message: /GET \/inner\/bad/ })
})

t.test('the host name of a request', async (t) => {
  const { get } = await build(t, { env: { BERTH_ALLOWED_HOSTS: 'Berth.Example, other' } })
  const allowed = [
    '127.0.0.1:8000',
    'localhost',
    'LOCALHOST:8000',
    '192.168.0.5:80',
    '[::1]:8000',
    '[fd00::5]',
    'berth.example',
    'BERTH.example:443',
    'other:1'
  ]
  for (const host of allowed) t.equal((await get('/health', { headers: { host } })).statusCode, 200, host)
  const refused = [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'berth.example.evil.example',
    'localhost:8000@evil.example',
    '127.0.0.1.',
    '[::1',
    '0x7f000001'
  ]
  for (const host of refused) problem(t, await get('/health', { headers: { host } }), 421, 'HOST_NOT_ALLOWED')
})

t.test('the caller of a change', async (t) => {
  const { engine, ask } = await build(t)
  const host = '127.0.0.1:8000'
  const table: [headers: Record<string, string>, allowed: boolean, who: string][] = [
    [{}, true, 'a program'],
    [{ origin: 'http://127.0.0.1:8000' }, true, 'our own page'],
    [{ origin: 'http://127.0.0.1:8000', 'sec-fetch-site': 'same-origin' }, true, 'our own page, in a newer browser'],
    [{ 'sec-fetch-site': 'same-origin' }, true, 'our own page, without its name'],
    [{ origin: 'http://127.0.0.1:8001' }, false, 'the page of a workload'],
    [
      { origin: 'http://127.0.0.1:8001', 'sec-fetch-site': 'same-site' },
      false,
      'the page of a workload, in a newer browser'
    ],
    [{ origin: 'http://127.0.0.1:8000', 'sec-fetch-site': 'cross-site' }, false, 'contradictory'],
    [{ 'sec-fetch-site': 'cross-site' }, false, 'another page'],
    [{ 'sec-fetch-site': 'none' }, false, 'an address typed in, which is no change'],
    [{ origin: 'https://evil.example' }, false, 'another page, in an older browser'],
    [{ origin: 'http://localhost:8000' }, false, 'the same server under another name'],
    [{ origin: 'null' }, false, 'a sandboxed page'],
    [{ origin: '' }, false, 'nonsense']
  ]
  for (const [headers, allowed, who] of table) {
    for (const [method, url] of [
      ['POST', '/containers'],
      ['DELETE', '/containers/nobody'],
      ['PATCH', '/containers/nobody']
    ] as const) {
      const before = engine.writes().length
      const answer = await ask(method, url, {
        headers: { host, ...headers },
        ...(method === 'PATCH' && { payload: { restart: 'no' } })
      })
      if (allowed) t.not(answer.statusCode, 403, `${method} by ${who}`)
      else {
        problem(t, answer, 403, 'CROSS_ORIGIN_REFUSED')
        t.equal(engine.writes().length, before, `${method} by ${who}`)
      }
    }
    t.equal((await ask('GET', '/containers', { headers: { host, ...headers } })).statusCode, 200, `reading by ${who}`)
  }
})

t.test('a form of another page is refused', async (t) => {
  const { ask } = await build(t)
  for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'])
    problem(
      t,
      await ask('POST', '/containers', { payload: '{}', headers: { 'content-type': type } }),
      415,
      'UNSUPPORTED_MEDIA_TYPE'
    )
})

t.test('headers of every answer', async (t) => {
  const { get, post, app } = await build(t)
  for (const answer of [
    await get('/containers'),
    await get('/nothing'),
    await post('/containers', { x: 1 }),
    await get('/health')
  ]) {
    t.match(answer.headers, {
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'x-request-id': /./
    })
    t.notOk('access-control-allow-origin' in answer.headers)
    t.notOk('x-powered-by' in answer.headers)
  }
  t.notOk('server' in (await app.inject({ url: '/health', headers: { host: 'localhost' } })).headers)
})

t.test('pages have their own content security policy', async (t) => {
  const { get } = await build(t)
  for (const url of ['/docs/', '/redoc']) {
    const { headers, statusCode } = await get(url)
    t.equal(statusCode, 200, url)
    t.match(headers['content-security-policy'], "default-src 'none'")
    t.match(headers['content-security-policy'], "frame-ancestors 'none'")
    t.notMatch(headers['content-security-policy'], /script-src[^;]*unsafe/)
  }
})

t.test('the reading view names the server as in the request', async (t) => {
  const { get } = await build(t, { env: { BERTH_ALLOWED_HOSTS: 'first.example' } })
  t.match((await get('/redoc', { headers: { host: 'first.example' } })).body, /http:\/\/first\.example/)
  const { body } = await get('/redoc', { headers: { host: '127.0.0.1:8000' } })
  t.match(body, /http:\/\/127\.0\.0\.1:8000/)
  t.notMatch(body, /first\.example|\.invalid/)
})
