// HTTP features that clients expect besides the answer.

import { gunzipSync, gzipSync } from 'node:zlib'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../../src/load-config.ts'
import { build, problem } from '../helpers/build.ts'
import { buildForm } from '../helpers/form.ts'
import { serveBuilds, SENT } from '../helpers/build-server.ts'
import { openEvents } from '../helpers/sse.ts'

const TOKEN = 'correct-horse-battery-staple-0123456789'
const PANEL = 'https://panel.example.com'

t.test('large answers are compressed for clients that accept it, and streams are not', async (t) => {
  const { app, get, make } = await build(t)
  const plain = await get('/redoc')
  const packed = await get('/redoc', { headers: { 'accept-encoding': 'gzip, br' } })
  t.equal(packed.headers['content-encoding'], 'gzip')
  t.equal(gunzipSync(packed.rawPayload).toString(), plain.body)
  t.ok(
    packed.rawPayload.length * 5 < plain.rawPayload.length,
    `${packed.rawPayload.length} of ${plain.rawPayload.length}`
  )
  const script = await get('/docs/static/swagger-ui-bundle.js', { headers: { 'accept-encoding': 'gzip' } })
  t.equal(script.headers['content-encoding'], 'gzip')
  t.ok(script.rawPayload.length < 700_000, `${script.rawPayload.length}`)
  await make({ name: 'web' })
  const small = await get('/health', { headers: { 'accept-encoding': 'gzip' } })
  t.equal(small.headers['content-encoding'], undefined)
  const events = await openEvents(t, app, '/events', { 'accept-encoding': 'gzip' })
  t.equal(events.headers['content-encoding'], undefined)
})

t.test('a compressed request is not unpacked', async (t) => {
  const { ask } = await build(t)
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  problem(t, await ask('POST', '/containers', { payload: gzipSync('{}'), headers }), 400, 'INVALID_REQUEST')
})

t.test('an unchanged response is not sent again', async (t) => {
  const { get, make } = await build(t)
  await make({ name: 'web' })
  for (const url of ['/redoc', '/openapi.json', '/containers']) {
    const { headers } = await get(url)
    t.match(headers.etag, /^W\/"/, url)
    const again = await get(url, { headers: { 'if-none-match': String(headers.etag) } })
    t.equal(again.statusCode, 304, url)
    t.equal(again.body, '')
  }
})

t.test('pages of lists link the next one', async (t) => {
  const { get, make } = await build(t)
  for (const name of ['one', 'two', 'three']) await make({ name })
  const first = await get('/containers?limit=2&managed=true')
  const [, next = ''] = /^<(.*)>; rel="next"$/.exec(String(first.headers.link)) ?? []
  t.match(next, /^\/containers\?limit=2&managed=true&cursor=/)
  const second = await get(next)
  t.match(second.json(), [{ name: 'one' }])
  t.equal(second.headers.link, undefined)
})

t.test('the answer and the log continue a trace', async (t) => {
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const { get } = await build(t, { logger })
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  t.equal((await get('/containers', { headers: { traceparent } })).headers.traceparent, traceparent)
  t.ok(lines.some((line) => line.includes('"traceId":"4bf92f3577b34da6a3ce929d0e0e4736"')))
  t.equal((await get('/containers', { headers: { traceparent: 'nonsense' } })).headers.traceparent, undefined)
})

t.test('a terminal gets a trailing newline, a program does not', async (t) => {
  const { get } = await build(t)
  for (const url of ['/health', '/containers', '/containers/nobody']) {
    t.match((await get(url, { headers: { 'user-agent': 'curl/8.5.0' } })).body, /\n$/, url)
    t.notMatch((await get(url, { headers: { 'user-agent': 'python-requests/2.32' } })).body, /\n$/, url)
  }
})

t.test('changes report the remaining budget', async (t) => {
  const env = { BERTH_TOKEN: TOKEN, BERTH_CHANGES_PER_SECOND: '2' }
  const { post, get } = await build(t, { env })
  const authorization = `Bearer ${TOKEN}`
  const { headers } = await post('/containers', {}, { authorization })
  t.match(headers, { 'ratelimit-policy': '"changes";q=10;w=5', ratelimit: /^"changes";r=\d+$/ })
  t.equal((await get('/containers', { headers: { authorization } })).headers.ratelimit, undefined)
})

t.test('the calls of older systems say that they are deprecated, and name their successors', async (t) => {
  const { ask, get } = await serveBuilds(t, { env: { DOCKERHUB_NAMESPACE: 'team' } })
  const payload = buildForm('FROM scratch\n', { image_name: 'web', image_tag: '1' })
  const { headers } = await ask('POST', '/build-push', { payload, headers: SENT })
  t.match(headers, { deprecation: /^@\d+$/, link: '</builds>; rel="successor-version"' })
  t.equal(headers.sunset, undefined, 'there is no plan to remove them')
  t.equal((await get('/builds')).headers.deprecation, undefined)
})

t.test('pages of other origins are refused, unless the operator allows them', async (t) => {
  const closed = await build(t)
  const own = await closed.get('/containers', { headers: { origin: PANEL } })
  t.equal(own.headers['access-control-allow-origin'], undefined)
  problem(t, await closed.post('/containers', {}, { origin: PANEL }), 403, 'CROSS_ORIGIN_REFUSED')

  const { ask, get, post } = await build(t, { env: { BERTH_CORS_ORIGINS: PANEL, BERTH_TOKEN: TOKEN } })
  const preflight = await ask('OPTIONS', '/containers', {
    headers: { origin: PANEL, 'access-control-request-method': 'POST' }
  })
  t.equal(preflight.statusCode, 204)
  t.match(preflight.headers, {
    'access-control-allow-origin': PANEL,
    'access-control-allow-methods': /POST/,
    'access-control-allow-headers': /authorization/
  })
  const { paths } = (await get('/openapi.json')).json() as { paths: Record<string, object> }
  const methods = new Set(Object.values(paths).flatMap((path) => Object.keys(path)))
  for (const method of methods) t.match(preflight.headers['access-control-allow-methods'], method.toUpperCase())
  t.equal(preflight.headers['access-control-allow-credentials'], undefined)
  const authorization = `Bearer ${TOKEN}`
  const made = await post('/containers', {}, { origin: PANEL, 'sec-fetch-site': 'cross-site', authorization })
  t.equal(made.statusCode, 201, made.body)
  t.equal((await post('/containers', {}, { origin: PANEL })).statusCode, 401, 'a token is still required')
  const read = await get('/containers', { headers: { origin: PANEL, authorization } })
  t.match(read.headers, { 'access-control-allow-origin': PANEL, 'cross-origin-resource-policy': 'cross-origin' })
  const other = await get('/containers', { headers: { origin: 'https://evil.example', authorization } })
  t.equal(other.headers['access-control-allow-origin'], undefined)
  problem(
    t,
    await post('/containers', {}, { origin: 'https://evil.example', authorization }),
    403,
    'CROSS_ORIGIN_REFUSED'
  )
})

t.test('BERTH_CORS_ORIGINS takes origins only', async (t) => {
  for (const value of ['*', 'panel.example.com', 'https://panel.example.com/', 'null'])
    t.throws(() => loadConfig({ BERTH_CORS_ORIGINS: value }), /BERTH_CORS_ORIGINS/, value)
})
