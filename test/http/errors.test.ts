import t from 'tap'
import { ERRORS } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'

t.test('an unknown path', async (t) => {
  const { ask } = await build(t)
  for (const [method, url] of [
    ['GET', '/nothing'],
    ['POST', '/nothing'],
    ['GET', '/containers/web/nothing'],
    ['GET', '//containers'],
    ['GET', '/containers/web/stats/nothing'],
    ['DELETE', '/nothing?x=1']
  ] as const) {
    problem(t, await ask(method, url), 404, 'ROUTE_NOT_FOUND')
  }
})

t.test('an unreadable path', async (t) => {
  const { ask } = await build(t)
  for (const url of ['/%', '/containers/%zz', '/containers/%c3'])
    problem(t, await ask('GET', url), 400, 'INVALID_REQUEST')
})

t.test('a method that the path does not support', async (t) => {
  const { ask } = await build(t)
  const table: [method: string, url: string, allow: string[]][] = [
    ['PUT', '/containers', ['GET', 'HEAD', 'POST']],
    ['DELETE', '/containers', ['GET', 'HEAD', 'POST']],
    ['PUT', '/containers/web', ['DELETE', 'GET', 'HEAD', 'PATCH']],
    ['GET', '/containers/web/start', ['POST']],
    ['POST', '/ports', ['GET', 'HEAD']],
    ['OPTIONS', '/containers', ['GET', 'HEAD', 'POST']],
    ['DELETE', '/containers/web/logs/', ['GET', 'HEAD']]
  ]
  for (const [method, url, allow] of table) {
    const answer = await ask(method, url)
    problem(t, answer, 405, 'METHOD_NOT_ALLOWED')
    t.strictSame(String(answer.headers.allow).split(', ').toSorted(), allow, `${method} ${url}`)
  }
})

t.test('a body of another content type', async (t) => {
  const { ask, engine } = await build(t)
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
    'application/jsonp'
  ])
    problem(
      t,
      await ask('POST', '/containers', { payload: '{}', headers: { 'content-type': type } }),
      415,
      'UNSUPPORTED_MEDIA_TYPE'
    )
  t.strictSame(engine.writes(), [])
})

t.test('JSON with a charset is JSON', async (t) => {
  const { ask } = await build(t)
  const answer = await ask('POST', '/containers', {
    payload: '{}',
    headers: { 'content-type': 'application/json; charset=utf-8' }
  })
  t.equal(answer.statusCode, 201)
})

t.test('an oversized body', async (t) => {
  const { post, engine } = await build(t)
  const env = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`A${index}`, 'x'.repeat(60_000)]))
  problem(t, await post('/containers', { env }), 413, 'BODY_TOO_LARGE')
  t.strictSame(engine.writes(), [])
})

t.test('an empty JSON body counts as no body', async (t) => {
  const { make, ask } = await build(t)
  const headers = { 'content-type': 'application/json' }
  await make({ name: 'web' })
  for (const path of ['stop', 'start', 'restart'])
    t.equal((await ask('POST', `/containers/web/${path}`, { headers })).statusCode, 200, path)
  t.equal((await ask('DELETE', '/containers/web?force=true', { headers })).statusCode, 200)
  problem(t, await ask('PATCH', '/containers/web', { headers }), 400, 'INVALID_REQUEST')
})

t.test('the id of a request', async (t) => {
  const { get } = await build(t)
  const given = async (id: string) =>
    (await get('/nothing', { headers: { 'x-request-id': id } })).headers['x-request-id']

  t.test("is the caller's if it is harmless", async (t) => {
    t.equal(await given('deploy-42_a.b'), 'deploy-42_a.b')
    const answer = await get('/health', { headers: { 'x-request-id': 'mine' } })
    t.equal(answer.headers['x-request-id'], 'mine')
  })

  t.test('is a new one otherwise', async (t) => {
    for (const id of ['', 'a b', '{"x":1}', 'x'.repeat(65), 'ä']) t.match(await given(id), /^[0-9a-f-]{36}$/, id)
    t.not((await get('/')).headers['x-request-id'], (await get('/')).headers['x-request-id'])
  })
})

t.test('an unexpected failure shows no details', async (t) => {
  const { get, make, engine } = await build(t)
  await make({ name: 'web' })
  engine.containerProcesses = async () => {
    throw new Error('secret /path/to/file')
  }
  const answer = await get('/containers/web/top')
  problem(t, answer, 500, 'INTERNAL')
  t.notMatch(answer.body, 'secret')
})

t.test('the catalogue', async (t) => {
  const serverFaults = Object.entries(ERRORS).filter(([, { status }]) => status >= 500)
  t.ok(serverFaults.every(([code, { status }]) => code === 'INTERNAL' || [502, 503, 504, 507].includes(status)))
  for (const [code, entry] of Object.entries(ERRORS)) {
    t.match(code, /^[A-Z][A-Z_]+[A-Z]$/)
    t.ok(entry.title.length > 5 && !entry.title.endsWith('.'))
    if (entry.status === 503) t.ok('retryAfterSeconds' in entry, `${code} says when to retry`)
    if ('retryAfterSeconds' in entry) t.ok('retryable' in entry, `${code} may be tried again`)
  }
})
