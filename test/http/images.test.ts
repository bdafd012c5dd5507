import http from 'node:http'
import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { idOf } from '../helpers/records.ts'

const SHOP = 'localhost:5000/shop/web:1'
const tags = (answer: { json(): { tags: string[] }[] }) => answer.json().map((image) => image.tags[0])

async function withImages(t: Parameters<typeof build>[0], env: Record<string, string> = {}) {
  const engine = createMemoryEngine({ images: ['base-api-server:latest', 'nginx:1.27', SHOP] })
  let second = 0
  for (const image of engine.images.values())
    Object.assign(image, {
      createdAt: `2026-01-01T00:00:0${second++}.000Z`,
      labels: { team: image.tags[0]?.slice(0, 1) }
    })
  return build(t, { engine, env })
}

t.test('GET /images', async (t) => {
  const { get, make } = await withImages(t)
  await make({ name: 'web' })
  const all = await get('/images')
  t.strictSame(tags(all), [SHOP, 'nginx:1.27', 'base-api-server:latest'], 'newest first')
  t.equal(all.headers['x-total-count'], '3')
  t.match(all.json().at(-1), {
    id: /^[0-9a-f]{12}$/,
    full_id: /^sha256:[0-9a-f]{64}$/,
    size: 1_000_000,
    managed: false,
    containers: [{ name: 'web', state: 'running' }]
  })

  const table: [query: string, found: string[]][] = [
    ['reference=nginx', ['nginx:1.27']],
    ['reference=nginx:1.27', ['nginx:1.27']],
    ['reference=docker.io/library/nginx', ['nginx:1.27']],
    ['reference=*/shop/*', [SHOP]],
    ['reference=ngin', []],
    ['reference=ngin.', []],
    ['label=team=n', ['nginx:1.27']],
    ['label=team&label=team=l', [SHOP]],
    ['label=other', []],
    ['dangling=true', []],
    ['in_use=true', ['base-api-server:latest']],
    ['in_use=false&reference=n*', ['nginx:1.27']],
    ['managed=true', []]
  ]
  for (const [query, found] of table) t.strictSame(tags(await get(`/images?${query}`)), found, query)

  const first = await get('/images?limit=2')
  t.strictSame(tags(first), [SHOP, 'nginx:1.27'])
  const rest = await get(`/images?limit=2&cursor=${first.headers['x-next-cursor']}`)
  t.strictSame(tags(rest), ['base-api-server:latest'])
  t.notOk('x-next-cursor' in rest.headers)
  problem(t, await get('/images?cursor=abc'), 400, 'INVALID_REQUEST')
})

t.test('GET /images/{reference} takes plain and escaped slashes', async (t) => {
  const { get } = await withImages(t)
  for (const path of [SHOP, encodeURIComponent(SHOP), SHOP.replaceAll('/', '%2F')]) {
    const answer = await get(`/images/${path}`)
    t.equal(answer.statusCode, 200, path)
    t.match(answer.json(), { tags: [SHOP], os: 'linux', exposed_ports: [] })
  }
  t.match((await get('/images/base-api-server')).json(), { tags: ['base-api-server:latest'] })
  t.match((await get(`/images/sha256:${idOf('nginx:1.27')}`)).json(), { tags: ['nginx:1.27'] })
  problem(t, await get('/images/nobody/nothing:1'), 404, 'IMAGE_NOT_FOUND')
})

t.test('POST /images/pull', async (t) => {
  const { post, get, engine } = await withImages(t)
  engine.remote.add('localhost:5000/new:1')
  const answer = await post('/images/pull', { image: 'localhost:5000/new:1' })
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), { tags: ['localhost:5000/new:1'], containers: [] })
  t.equal((await get('/images/localhost:5000/new:1')).statusCode, 200)
  t.equal(
    problem(t, await post('/images/pull', { image: 'localhost:5000/none:1' }), 502, 'REGISTRY_UNAVAILABLE').retryable,
    true
  )
})

t.test('a pull or push refuses invalid requests before any call', async (t) => {
  const { post, engine } = await withImages(t)
  const credentials = { username: 'ada', password: 'x' }
  const table: [body: object, field: string][] = [
    [{}, 'image'],
    [{ image: '' }, 'image'],
    [{ image: 'http://a.example/x' }, 'image'],
    [{ image: 'a.example/X' }, 'image'],
    [{ image: 'app', credentials: {} }, 'credentials'],
    [{ image: 'app', credentials: { username: 'ada' } }, 'credentials'],
    [{ image: 'app', credentials: { ...credentials, identity_token: 'x' } }, 'credentials'],
    [{ image: 'app', credentials: { ...credentials, token: 'x' } }, 'credentials.token'],
    [{ image: 'app', credential: {} }, 'credential']
  ]
  for (const path of ['/images/pull', '/images/push'])
    for (const [body, field] of table) {
      const answer = await post(path, body, { accept: 'text/event-stream, application/json' })
      if (field === 'credentials') continue
      t.match(problem(t, answer, 400, 'INVALID_REQUEST').errors, [{ field }], JSON.stringify(body))
    }
  for (const path of ['/images/pull', '/images/push'])
    for (const [body, field] of table)
      t.match(problem(t, await post(path, body), 400, 'INVALID_REQUEST').errors, [{ field }], JSON.stringify(body))
  t.strictSame(engine.writes(), [])
})

t.test('POST /images/push', async (t) => {
  const { post, engine } = await withImages(t)
  const answer = await post('/images/push', { image: SHOP })
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), { image: SHOP, registry: 'localhost:5000', digest: /^sha256:/, size: 528 })
  t.ok(engine.remote.has(SHOP))
  problem(t, await post('/images/push', { image: 'localhost:5000/none:1' }), 404, 'IMAGE_NOT_FOUND')
})

type Sent = { event: string; data: Record<string, unknown> }

/** Posts and reads the events of the answer. */
async function follow(address: string, path: string, body: object): Promise<Sent[]> {
  const answer = await fetch(`${address}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify(body)
  })
  if (!/^text\/event-stream/.test(answer.headers.get('content-type') ?? '')) throw new Error(await answer.text())
  return (await answer.text())
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => {
      const [event = '', data = ''] = block.split('\n')
      return { event: event.replace('event: ', ''), data: JSON.parse(data.replace('data: ', '')) }
    })
}

t.test('progress as events', async (t) => {
  const { app, engine } = await withImages(t)
  engine.remote.add('localhost:5000/new:1')
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  t.match(await follow(address, '/images/pull', { image: 'localhost:5000/new:1' }), [
    { event: 'progress', data: { layer: 'abc', status: 'Downloading', current_bytes: 1, total_bytes: 2 } },
    { event: 'result', data: { tags: ['localhost:5000/new:1'] } },
    { event: 'end', data: { reason: 'completed' } }
  ])
  t.match(await follow(address, '/images/push', { image: SHOP }), [
    { event: 'progress', data: { status: 'Pushed', current_bytes: null } },
    { event: 'result', data: { image: SHOP, digest: /^sha256:/ } },
    { event: 'end', data: { reason: 'completed' } }
  ])
  const failed = await follow(address, '/images/pull', { image: 'localhost:5000/none:1' })
  t.match(failed.at(-1), { event: 'end', data: { code: 'REGISTRY_UNAVAILABLE', reason: /Nobody has/ } })
})

t.test('a create that pulls shows the progress, then the container', async (t) => {
  const { app, engine, get } = await withImages(t)
  engine.remote.add('localhost:5000/new:1')
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const [progress, result, end] = await follow(address, '/containers', { name: 'web', image: 'localhost:5000/new:1' })
  t.match(progress, { event: 'progress', data: { layer: 'abc', status: 'Downloading', current_bytes: 1 } })
  t.match(result, { event: 'result', data: { name: 'web', state: 'running', url: /^http/, warnings: [] } })
  t.match(end, { event: 'end', data: { reason: 'completed' } })
  t.match((await get('/audit?outcome=succeeded')).json()[0], { action: 'createContainer', object: result?.data.id })

  const failed = await follow(address, '/containers', { image: 'localhost:5000/none:1' })
  t.match(failed.at(-1), { event: 'end', data: { code: 'REGISTRY_UNAVAILABLE', reason: /Nobody has/ } })
  t.match((await get('/audit')).json()[0], { action: 'createContainer', code: 'REGISTRY_UNAVAILABLE' })
  const refused = await fetch(`${address}/containers`, {
    method: 'POST',
    headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'running' })
  })
  t.equal(refused.status, 400, 'a refusal that needs no engine is no stream')
})

t.test('a client that disconnects ends the transfer in the engine', async (t) => {
  const { app, engine } = await withImages(t)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  for (const accept of ['application/json', 'text/event-stream']) {
    const begun = Promise.withResolvers<AbortSignal>()
    engine.pullImage = (_reference, transfer) => {
      const signal = transfer?.signal
      if (!signal) throw new Error('without a signal it could not be ended')
      begun.resolve(signal)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))))
    }
    const request = http.request(`${address}/images/pull`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept }
    })
    request.on('error', () => {})
    request.end(JSON.stringify({ image: 'localhost:5000/slow:1' }))
    const signal = await begun.promise
    request.destroy()
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    t.ok(signal.aborted, accept)
  }
})

t.test('POST /images/tag', async (t) => {
  const { post, get, engine } = await withImages(t)
  const target = 'localhost:5000/team/nginx:2'
  const answer = await post('/images/tag', { image: 'nginx:1.27', target })
  t.match(answer.json(), { tags: ['nginx:1.27', target] })
  t.strictSame((await get(`/images/${target}`)).json(), answer.json())
  problem(t, await post('/images/tag', { image: 'none:1', target }), 404, 'IMAGE_NOT_FOUND')
  for (const bad of ['Not a name', `a@sha256:${'a'.repeat(64)}`, 'a:', 'a/b/'])
    t.match(
      problem(t, await post('/images/tag', { image: 'nginx:1.27', target: bad }), 400, 'INVALID_REQUEST').errors,
      [{ field: 'target' }]
    )
  t.strictSame(engine.writes(), ['tagImage', 'tagImage'])
})

t.test('DELETE /images/{reference}', async (t) => {
  const { ask, make, post, get, engine } = await withImages(t)
  await make({ name: 'web' })
  await post('/containers/web/stop')
  const used = problem(t, await ask('DELETE', '/images/base-api-server'), 409, 'IMAGE_IN_USE')
  t.match(used, { detail: /used by web/, containers: [{ name: 'web', state: 'exited' }] })
  problem(t, await ask('DELETE', '/images/base-api-server?force=true'), 409, 'IMAGE_IN_USE')

  await post('/images/tag', { image: 'base-api-server', target: 'other:1' })
  t.match(
    problem(t, await ask('DELETE', '/images/other:1'), 409, 'IMAGE_IN_USE').detail,
    /force=true takes this name off/
  )
  t.match((await ask('DELETE', '/images/other:1?force=true')).json(), {
    untagged: ['other:1'],
    deleted: [],
    message: 'Name removed; the image has others'
  })
  t.equal((await get('/images/base-api-server')).statusCode, 200)

  t.match((await ask('DELETE', `/images/${SHOP}`)).json(), {
    untagged: [SHOP],
    deleted: [/^sha256:/],
    message: 'Image removed'
  })
  problem(t, await ask('DELETE', `/images/${SHOP}`), 404, 'IMAGE_NOT_FOUND')

  await post('/images/tag', { image: 'nginx:1.27', target: 'nginx:latest' })
  const id = `sha256:${idOf('nginx:1.27')}`
  t.match(problem(t, await ask('DELETE', `/images/${id}`), 409, 'IMAGE_IN_USE').tags, ['nginx:1.27', 'nginx:latest'])
  t.match((await ask('DELETE', `/images/${id}?force=true`)).json(), {
    untagged: ['nginx:1.27', 'nginx:latest'],
    deleted: [id]
  })
  t.notOk(engine.images.has('nginx:latest'))
})

t.test('credentials stay out of logs, errors and the audit trail', async (t) => {
  const lines: string[] = []
  const { pino } = await import('pino')
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const { post, get } = await build(t, { logger })
  const credentials = { username: 'canary-user', password: 'canary-password' }
  const answers = [
    await post('/images/pull', { image: '127.0.0.1:1/app', credentials }),
    await post('/images/push', { image: '127.0.0.1:1/app', credentials }),
    await post('/images/push', { image: '127.0.0.1:1/app', credentials: { ...credentials, username: 7 } }),
    await post('/images/pull', {
      image: '127.0.0.1:1/app',
      credentials: { identity_token: 'canary-token', username: 'canary-x' }
    })
  ]
  problem(t, answers[0]!, 502, 'REGISTRY_UNAVAILABLE')
  const audit = await get('/audit')
  t.equal(audit.statusCode, 200)
  t.match(audit.body, /127\.0\.0\.1:1\/app/, 'which names the image')
  for (const text of [...answers.map(({ body }) => body), ...lines, audit.body]) t.notMatch(text, /canary/)
  t.ok(lines.length > 4)
})

t.test('an image that keeps the files of a container has no other use, by name or by id', async (t) => {
  const kept = 'berth/kept:0123456789ab'
  const engine = createMemoryEngine({ images: ['base-api-server:latest', kept, 'app:1'] })
  const { post } = await build(t, { engine })
  const id = `sha256:${idOf(kept)}`
  const before = engine.writes().length
  const table: [path: string, body: object][] = [
    ['/containers', { image: kept }],
    ['/containers', { image: `docker.io/${kept}`, pull: 'never' }],
    ['/containers', { image: id }],
    ['/images/tag', { image: kept, target: 'mine:1' }],
    ['/images/tag', { image: id, target: 'mine:1' }],
    ['/images/tag', { image: 'app:1', target: kept }],
    ['/images/push', { image: kept }],
    ['/images/pull', { image: kept }]
  ]
  for (const [path, body] of table) problem(t, await post(path, body), 403, 'POLICY_REFUSED')
  t.equal(engine.writes().length, before)
})
