import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'

import { buildApp } from '../../images/base-api-server/src/app.ts'

async function build(t: Test) {
  const output = { stdout: new PassThrough(), stderr: new PassThrough() }
  const exits: number[] = []
  const app = await buildApp({ hostPort: 8001, logger: false, output, exit: (code) => exits.push(code) })
  t.teardown(() => app.close())
  return { app, output, exits }
}

async function until(isTrue: () => boolean | Promise<boolean>) {
  while (!(await isTrue())) await setTimeout(10)
}

t.test('GET /', async (t) => {
  const { app } = await build(t)
  const answer = (await app.inject('/')).json()
  t.match(answer, { name: 'base-api-server', version: /^\d+\.\d+\.\d+$/, host_port: 8001, uptime_seconds: Number })
  t.match(answer.endpoints, { 'GET /health': String, 'POST /load/cpu': String, 'DELETE /load': String })
})

t.test('GET / in a browser is a self-contained page', async (t) => {
  const { app } = await build(t)
  const page = await app.inject({ url: '/', headers: { accept: 'text/html,application/xhtml+xml' } })
  t.equal(page.statusCode, 200)
  t.match(page.headers, {
    'content-type': /^text\/html/,
    'content-security-policy': /script-src 'self'/,
    vary: 'accept'
  })
  t.match(page.body, 'port <b>8001</b>')
  t.notMatch(page.body, /https?:|<script>|style=/)
  for (const [, path = ''] of page.body.matchAll(/(?:src|href)="([^"]+)"/g))
    t.equal((await app.inject(path)).statusCode, 200, path)
  for (const [, method = '', path = '', body = ''] of page.body.matchAll(
    /data-method="(\w+)" data-path="([^"]+)" data-body='([^']*)'/g
  )) {
    const answer = await app.inject({
      method: method as 'POST',
      url: path,
      ...(body && { payload: JSON.parse(body) as object })
    })
    t.ok(answer.statusCode < 300, `${method} ${path}: ${answer.statusCode}`)
  }
})

t.test('GET /health', async (t) => {
  const { app } = await build(t)
  const answer = await app.inject('/health')
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), { status: 'healthy' })
})

t.test('GET /docs', async (t) => {
  const { app } = await build(t)
  const page = await app.inject('/docs')
  t.equal(page.statusCode, 200)
  t.notMatch(page.body, /https?:/, 'asks nobody else')
  t.notMatch(page.headers['content-security-policy'], /https|upgrade/)
})

t.test('GET /openapi.json', async (t) => {
  const { app } = await build(t)
  const document = (await app.inject('/openapi.json')).json()
  t.equal(document.openapi, '3.1.0')

  for (const [path, methods] of Object.entries<Record<string, object>>(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      t.match(operation, { operationId: String, summary: String, tags: [String] }, `${method} ${path} is described`)
    }
  }
  const { required } = document.paths['/load/memory'].post.requestBody.content['application/json'].schema
  t.same(required, ['megabytes'], 'a field with a default is not required')
})

t.test('/load', async (t) => {
  await t.test('starts, lists and ends loads of both kinds', async (t) => {
    const { app } = await build(t)
    const cpu = await app.inject({ method: 'POST', url: '/load/cpu', payload: { seconds: 60, percent: 5 } })
    const memory = await app.inject({ method: 'POST', url: '/load/memory', payload: { megabytes: 8 } })
    t.match(cpu, { statusCode: 202 })
    t.match(memory, { statusCode: 202 })
    t.match(cpu.json(), { id: 1, kind: 'cpu', percent: 5 })

    const { started_at, ends_at } = memory.json()
    t.equal(Date.parse(ends_at) - Date.parse(started_at), 30_000, 'the default is half a minute')

    const { loads, rss_megabytes } = (await app.inject('/load')).json()
    t.same(loads, [cpu.json(), memory.json()])
    t.ok(rss_megabytes > 0)

    t.same((await app.inject({ method: 'DELETE', url: '/load' })).json(), { ended: 2 })
    t.same((await app.inject('/load')).json().loads, [])
  })

  await t.test('holds the memory and frees it, each time', async (t) => {
    const { app } = await build(t)
    const rss = () => process.memoryUsage.rss() / 1024 ** 2
    for (let round = 1; round <= 4; round++) {
      const before = rss()
      await app.inject({ method: 'POST', url: '/load/memory', payload: { megabytes: 256 } })
      await until(() => rss() > before + 256)
      const held = rss()
      await app.inject({ method: 'DELETE', url: '/load' })
      // The system may take a moment to reclaim it.
      await until(() => rss() < held - 200)
    }
  })

  await t.test('ends a load at its timeout', async (t) => {
    const { app } = await build(t)
    await app.inject({ method: 'POST', url: '/load/cpu', payload: { seconds: 1, percent: 1 } })
    await until(async () => (await app.inject('/load')).json().loads.length === 0)
  })

  await t.test('needs no body where every field has a default', async (t) => {
    const { app } = await build(t)
    const answer = await app.inject({ method: 'POST', url: '/load/cpu' })
    t.equal(answer.statusCode, 202)
    t.match(answer.json(), { kind: 'cpu', percent: 100 })
  })

  await t.test('refuses a ninth load', async (t) => {
    const { app } = await build(t)
    const start = () => app.inject({ method: 'POST', url: '/load/memory', payload: { megabytes: 1 } })
    for (let count = 0; count < 8; count++) t.equal((await start()).statusCode, 202)
    const ninth = await start()
    t.equal(ninth.statusCode, 409)
    t.match(ninth.json(), { code: 'TOO_MANY_LOADS', detail: /^8 loads are running/, hint: /^DELETE \/load/ })
  })

  const refused = [
    ['/load/cpu', { seconds: 0 }, 'seconds must be 1 or more.'],
    ['/load/cpu', { seconds: 3601 }, 'seconds must be 3600 or less.'],
    ['/load/cpu', { percent: 'all' }, 'percent must be a whole number.'],
    ['/load/cpu', { secnds: 1 }, 'secnds is not a known field.'],
    ['/load/memory', {}, 'megabytes is missing.'],
    ['/load/memory', { megabytes: 4097 }, 'megabytes must be 4096 or less.'],
    ['/exit', { code: 256 }, 'code must be 255 or less.']
  ] as const
  for (const [url, payload, detail] of refused) {
    await t.test(`POST ${url} refuses ${JSON.stringify(payload)}`, async (t) => {
      const { app } = await build(t)
      const answer = await app.inject({ method: 'POST', url, payload })
      t.match(answer.headers['content-type'], 'application/problem+json')
      t.match(answer.json(), { status: 400, title: 'Bad Request', code: 'INVALID_REQUEST', detail })
      t.match(answer.json().hint, `/docs describe POST ${url}`)
    })
  }
})

t.test('an invalid request gets a readable error', async (t) => {
  const { app } = await build(t)
  const asked = async (url: string) => (await app.inject(url)).json()
  t.match(await asked('/data?sise=1'), { detail: 'sise is not a known query parameter.' })
  t.match(await asked('/nothing?x=1'), { status: 404, detail: 'There is no route GET /nothing.', hint: /GET \// })
  const { paths } = await asked('/openapi.json')
  for (const [path, methods] of Object.entries<Record<string, { responses: Record<string, object> }>>(paths))
    for (const { responses } of Object.values(methods))
      for (const [status, answer] of Object.entries(responses)) {
        t.notMatch(answer, { description: 'Default Response' }, `${path} ${status}`)
        t.match(JSON.stringify(answer), /"examples?":|"binary"|event-stream|text\//, `${path} ${status} has an example`)
      }
})

t.test('GET /data', async (t) => {
  const { app } = await build(t)
  for (const size of [0, 1, 65_536, 100_000]) {
    const answer = await app.inject(`/data?size=${size}`)
    t.equal(answer.headers['content-length'], String(size))
    t.equal(answer.rawPayload.length, size)
  }
  t.equal((await app.inject('/data')).rawPayload.length, 1024 ** 2)
  t.equal((await app.inject(`/data?size=${1024 ** 3 + 1}`)).statusCode, 400)
})

t.test('POST /echo', async (t) => {
  const { app } = await build(t)
  const json = await app.inject({ method: 'POST', url: '/echo', payload: { hello: ['world'] } })
  t.same(json.json(), { content_type: 'application/json', bytes: 19, body: { hello: ['world'] } })
  const form = await app.inject({ method: 'POST', url: '/echo', payload: 'a=b', headers: { 'content-type': 'x/y' } })
  t.same(form.json(), { content_type: 'x/y', bytes: 3, body: 'a=b' })
  t.same((await app.inject({ method: 'POST', url: '/echo' })).json(), { content_type: null, bytes: 0, body: null })
})

t.test('GET /log', async (t) => {
  const { app, output } = await build(t)
  await app.inject('/log?lines=2&text=hi')
  await app.inject('/log?lines=1&stream=stderr&text=oh')
  output.stdout.end()
  output.stderr.end()
  t.equal(await text(output.stdout), '1/2 hi\n2/2 hi\n')
  t.equal(await text(output.stderr), '1/1 oh\n')
  t.equal((await app.inject('/log?lines=10001')).statusCode, 400)
})

t.test('POST /exit', async (t) => {
  const { app, exits } = await build(t)
  t.match(await app.inject({ method: 'POST', url: '/exit', payload: { code: 3 } }), { statusCode: 202 })
  t.match(await app.inject({ method: 'POST', url: '/exit' }), { statusCode: 202 })
  t.same(exits, [3, 1])
})

t.test('an internal failure is a 500, logged with its stack', async (t) => {
  const log = new PassThrough({ encoding: 'utf8' })
  const app = await buildApp({
    hostPort: null,
    logger: { stream: log },
    output: { stdout: new PassThrough(), stderr: new PassThrough() },
    exit: () => {}
  })
  t.teardown(() => app.close())
  app.get('/broken', () => {
    throw new Error('broken on purpose')
  })
  t.equal((await app.inject('/broken')).statusCode, 500)
  const [line] = log.readableLength ? [log.read()] : await once(log, 'data')
  t.match(JSON.parse(line.split('\n')[0]), { msg: 'request failed', err: { message: 'broken on purpose' } })
})
