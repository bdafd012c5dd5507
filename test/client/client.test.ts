// The TypeScript client on a live server, and on servers that refuse, disconnect and come back.

import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createClient, isBerthError } from '../../src/client/index.ts'
import { build } from '../helpers/build.ts'
import { serveCli } from '../helpers/cli.ts'
import { makeFolder } from '../helpers/folder.ts'

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.teardown(() => server.close().closeAllConnections())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const problem = (code: string, status: number) =>
  JSON.stringify({ type: '', title: 'x', status, detail: code, code, retryable: status >= 500, request_id: 'r' })

t.test('calls are methods, errors have codes, and a container is removed with its scope', async (t) => {
  const { url, engine } = await serveCli(t)
  const berth = createClient({ url })
  let name: string
  {
    await using box = await berth.container({ labels: { team: 'red' } })
    name = box.name
    t.match(await berth.listContainers({ label: ['team=red'] }), [{ name }])
  }
  const error: unknown = await berth.getContainer({ id: name }).catch((thrown: unknown) => thrown)
  t.ok(isBerthError(error, 'CONTAINER_NOT_FOUND'))
  t.match(error, { status: 404, isRetryable: false, problem: { request_id: /./ } })
  t.notOk(isBerthError(error, 'IMAGE_NOT_FOUND'))
  t.ok(engine)
})

t.test('a scope ends without an error when its container is gone', async (t) => {
  const { url } = await serveCli(t)
  const berth = createClient({ url })
  await using box = await berth.container({})
  await berth.removeContainer({ id: box.id, force: true })
})

t.test('each() reads every page', async (t) => {
  const { url, make } = await serveCli(t)
  for (const name of ['one', 'two', 'six']) await make({ name })
  const names: string[] = []
  for await (const { name } of createClient({ url }).each('listContainers', { limit: 2 })) names.push(name)
  t.strictSame(names.sort(), ['one', 'six', 'two'])
})

t.test('a transfer reports its progress, and fails with the code of its end', async (t) => {
  const { url } = await serveCli(t)
  const berth = createClient({ url })
  const made = await berth.transfer('createContainer', { body: { name: 'one' } })
  t.equal(made.name, 'one')
  const error: unknown = await berth
    .transfer('createContainer', { body: { name: 'one' } })
    .catch((thrown: unknown) => thrown)
  t.match(error, { code: 'CONTAINER_NAME_TAKEN', status: 409 })
})

t.test('a request that the server refused unprocessed is retried at the given time', async (t) => {
  const times: number[] = []
  const url = await serve(t, (_request, answer) => {
    times.push(performance.now())
    if (times.length === 2) answer.writeHead(200, { 'content-type': 'application/json' }).end('{"name":"x"}')
    else
      answer
        .writeHead(429, { 'retry-after': '1', 'content-type': 'application/problem+json' })
        .end(problem('TOO_MANY_REQUESTS', 429))
  })
  t.match(await createClient({ url }).startContainer({ id: 'x' }), { name: 'x' })
  t.ok((times[1] ?? 0) - (times[0] ?? 0) >= 990, 'Retry-After is respected')
})

t.test('a change with an unknown outcome is not retried, a create with its key is', async (t) => {
  const seen: string[] = []
  const url = await serve(t, (request, answer) => {
    seen.push(`${request.method} ${request.headers['idempotency-key'] ?? 'no key'}`)
    if (seen.length < 3) return void request.socket.destroy()
    answer.writeHead(201, { 'content-type': 'application/json' }).end('{"name":"x"}')
  })
  const berth = createClient({ url })
  const lost: unknown = await berth.stopContainer({ id: 'x' }).catch((error: unknown) => error)
  t.match(lost, { code: 'SERVER_UNREACHABLE' })
  t.strictSame(seen, ['POST no key'])
  await berth.createContainer({ body: {} }, { idempotencyKey: 'order-1' })
  t.strictSame(seen.slice(1), ['POST order-1', 'POST order-1'])
})

t.test('a stream resumes after the last event if its connection breaks', async (t) => {
  const asked: (string | undefined)[] = []
  const url = await serve(t, (request, answer) => {
    asked.push(request.headers['last-event-id'] as string | undefined)
    answer.writeHead(200, { 'content-type': 'text/event-stream' })
    if (asked.length === 1) {
      answer.write('id: 1\nevent: stdout\ndata: {"timestamp":"t","line":"ein\u00DF"}\n\n')
      setImmediate(() => request.socket.destroy())
    } else if (asked.length === 2) answer.end('event: end\ndata: {"reason":"the server is stopping"}\n\n')
    else
      answer.end(
        'id: 2\nevent: stdout\ndata: {"timestamp":"t","line":"two"}\n\nevent: end\ndata: {"reason":"exited"}\n\n'
      )
  })
  const lines: string[] = []
  let losses = 0
  for await (const event of createClient({ url }).stream(
    'getContainerLogs',
    { id: 'x', follow: true },
    { onLost: () => losses++ }
  ))
    lines.push(event.event === 'end' ? event.data.reason : event.data.line)
  t.strictSame(lines, ['ein\u00DF', 'two', 'exited'])
  t.strictSame(asked, [undefined, '1', '1'])
  t.equal(losses, 2)
})

t.test('a refused or aborted stream ends at once', async (t) => {
  const { url } = await serveCli(t)
  const berth = createClient({ url })
  const read = async (id: string, signal?: AbortSignal) => {
    for await (const _ of berth.stream('streamContainerStats', { id }, signal && { signal }));
  }
  await t.rejects(read('nobody'), { code: 'CONTAINER_NOT_FOUND' })
  await using box = await berth.container({})
  await t.rejects(read(box.id, AbortSignal.timeout(50)), { name: 'TimeoutError' })
})

t.test('a socket serves as well as a port', async (t) => {
  const folder = makeFolder('socket')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { app } = await build(t)
  await app.listen({ path: join(folder, 's') })
  const berth = createClient({ url: `unix:${join(folder, 's')}` })
  t.match(await berth.createContainer({ body: { name: 'one' } }), { name: 'one' })
  await t.rejects(berth.getContainer({ id: 'two' }), { code: 'CONTAINER_NOT_FOUND' })
  const form = { image_name: 'web', file: new Blob(['FROM scratch\n']) }
  t.match(await berth.createBuild({ form }), { image_name: 'web' })
})

t.test('a server that is not Berth is recognized', async (t) => {
  const url = await serve(t, (_request, answer) => answer.writeHead(404).end('<h1>nginx'))
  await t.rejects(createClient({ url }).getHealth(), { code: 'NO_PROBLEM', message: /is that a Berth\?/ })
})

t.test('unreadable content fails with its own error, not with one about the server', async (t) => {
  const { url } = await serveCli(t)
  async function* broken() {
    yield Buffer.from('FROM scratch')
    throw new Error('the disk is gone')
  }
  const sent = createClient({ url }).createBuild({ form: { image_name: 'web', file: broken() } })
  await t.rejects(sent, { message: 'the disk is gone' })
})
