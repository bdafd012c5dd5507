// Invalid answers: each ends its call in bounded time with an error that says how certain the outcome is, and leaves no
// socket open.

import type { Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { createClient } from '../../../src/engine/docker/client.ts'
import { openStream, request } from '../../../src/engine/docker/request.ts'
import { readContainer, readContainerRows, readCreated } from '../../../src/engine/docker/schemas/containers.ts'
import { isAppError, type ErrorCode } from '../../../src/errors.ts'
import { answer, startByteEngine, type Play } from '../../helpers/byte-engine.ts'
import { idOf } from '../../helpers/records.ts'
import { until } from '../../helpers/until.ts'

const TIMEOUT_MS = 300
const ID = idOf('web')
const LIST = JSON.stringify([{ Id: ID, Names: ['/web'], State: 'running' }])
const CREATE = { method: 'POST', path: '/containers/create', what: 'create it', answer: readCreated } as const
const READ = { method: 'GET', path: '/containers/json', what: 'list containers', answer: readContainerRows } as const

async function engineThatSends(t: Test, play: Play | string) {
  const engine = await startByteEngine(t, typeof play === 'string' ? (socket) => void socket.write(play) : play)
  const client = createClient(engine.address, '1.41', 4)
  t.teardown(() => client.close())
  return { client, open: engine.open }
}

async function failureOf(task: Promise<unknown>): Promise<{ code: ErrorCode; message: string; ms: number }> {
  const started = performance.now()
  try {
    await task
  } catch (error) {
    if (isAppError(error)) return { code: error.code, message: error.message, ms: performance.now() - started }
    throw error
  }
  throw new Error('it did not fail')
}

/** Sends the text and then a byte every few milliseconds, without an end. */
function drip(socket: Socket, text: string): void {
  socket.write(text)
  const timer = setInterval(() => socket.write('x'), 20)
  socket.on('close', () => clearInterval(timer))
}

const end =
  (text: string): Play =>
  (socket) =>
    void socket.end(text)
const reset =
  (text: string): Play =>
  (socket) =>
    void socket.write(text, () => socket.destroy())

const HTML = '<html><body>502 Bad Gateway</body></html>'

const TABLE: [name: string, play: Play | string, code: ErrorCode][] = [
  ['no answer', () => {}, 'ENGINE_TIMEOUT'],
  ['a connection that breaks before the head', reset(''), 'ENGINE_UNAVAILABLE'],
  ['a connection that ends before the head', end(''), 'ENGINE_UNAVAILABLE'],
  ['a head that is cut off', end('HTTP/1.1 200 OK\r\nContent-'), 'ENGINE_UNAVAILABLE'],
  ['a head that comes a byte at a time', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX-Long: '), 'ENGINE_TIMEOUT'],
  ['a body that is cut off', end(answer(LIST, { length: 500 })), 'ENGINE_UNAVAILABLE'],
  ['a body that breaks', reset(answer(LIST, { length: 500 })), 'ENGINE_UNAVAILABLE'],
  [
    'a chunked body that is cut off',
    end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{"Id'),
    'ENGINE_UNAVAILABLE'
  ],
  ['something that is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'ENGINE_ANSWER_INVALID'],
  ['an empty body', answer(''), 'ENGINE_ANSWER_INVALID'],
  ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', 'ENGINE_ANSWER_INVALID'],
  ['JSON that is garbled', answer(LIST.slice(1)), 'ENGINE_ANSWER_INVALID'],
  ['JSON of another form', answer('{"message":"fine"}'), 'ENGINE_ANSWER_INVALID'],
  ['JSON without an id', answer('[{"State":"running"}]'), 'ENGINE_ANSWER_INVALID'],
  ['null', answer('null'), 'ENGINE_ANSWER_INVALID'],
  ['another content type', answer(LIST, { type: 'text/html' }), 'ENGINE_ANSWER_INVALID'],
  ['a web page with status 500', answer(HTML, { status: 500, type: 'text/html' }), 'ENGINE_ANSWER_INVALID'],
  ['a web page with status 404', answer(HTML, { status: 404, type: 'text/html' }), 'ENGINE_ANSWER_INVALID'],
  ['an empty body with status 500', answer('', { status: 500 }), 'ENGINE_ANSWER_INVALID'],
  ['a redirect', 'HTTP/1.1 301 Moved\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n', 'ENGINE_ANSWER_INVALID'],
  ['an error that is cut off', end(answer('{"message":"No such', { status: 404, length: 99 })), 'ENGINE_UNAVAILABLE']
]

for (const [name, play, code] of TABLE) {
  t.test(name, async (t) => {
    for (const asked of [READ, CREATE]) {
      const { client, open } = await engineThatSends(t, play)
      const failure = await failureOf(request<unknown>(client, { ...asked, timeoutMs: TIMEOUT_MS }))
      t.equal(failure.code, code, failure.message)
      t.ok(failure.ms < TIMEOUT_MS + 1_000, 'in bounded time')
      if (code === 'ENGINE_ANSWER_INVALID')
        t.equal(/not known/.test(failure.message), asked === CREATE, 'and only a change may have had an effect')
      client.retire()
      await until(() => open.size === 0)
    }
  })
}

t.test('a body that stalls, or arrives one byte at a time', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n'
  const table: [name: string, play: Play | string, withinMs: number][] = [
    ['it stands still', head, 6_500],
    ['a byte at a time', (socket) => drip(socket, head), 11_500]
  ]
  await Promise.all(
    table.map(async ([name, play, withinMs]) => {
      const { client, open } = await engineThatSends(t, play)
      // Like a stop, whose response may take a day to begin.
      const failure = await failureOf(request(client, { ...READ, timeoutMs: 86_400_000 }))
      t.equal(failure.code, 'ENGINE_TIMEOUT', name)
      t.ok(failure.ms < withinMs, `${name}: ${failure.ms} ms`)
      await until(() => open.size === 0)
    })
  )
})

t.test('kept-alive connections that the engine closes at the next call', async (t) => {
  const calls: string[] = []
  const used = new Set<Socket>()
  let isGone = false
  const { client } = await engineThatSends(t, (socket, { method }) => {
    calls.push(method)
    if (isGone || used.has(socket)) return socket.destroy()
    used.add(socket)
    // Late enough for the next call to need a connection of its own.
    setTimeout(() => socket.write(answer(LIST)), 20)
  })
  const read = () => request(client, { ...READ, timeoutMs: 5_000 })
  const callsOf = async (task: Promise<unknown>) => {
    calls.length = 0
    await task
    return calls.join()
  }
  const keepSome = () => Promise.all([read(), read(), read()])
  await keepSome()

  t.equal(await callsOf(read()), 'GET,GET', 'a read is sent again on a new connection')
  const change = failureOf(request(client, { ...CREATE, timeoutMs: 5_000 }))
  t.equal(await callsOf(change), 'POST', 'a change is not')
  t.match(await change, { code: 'ENGINE_UNAVAILABLE' })
  await keepSome()
  isGone = true
  const vain = failureOf(read())
  t.equal(await callsOf(vain), 'GET,GET', 'once')
  t.match(await vain, { code: 'ENGINE_UNAVAILABLE' })
})

t.test('the answer of another container', async (t) => {
  const other = { ...inspected(), Id: idOf('other') }
  const { client } = await engineThatSends(t, answer(JSON.stringify(other)))
  const asked = {
    method: 'GET',
    path: `/containers/${ID}/json`,
    what: 'inspect it',
    answer: readContainer(ID)
  } as const
  const failure = await failureOf(request(client, { ...asked, timeoutMs: TIMEOUT_MS }))
  t.match(failure, { code: 'ENGINE_ANSWER_INVALID', message: /about the container/ })
})

t.test('an answer larger than the read limit', async (t) => {
  const { client, open } = await engineThatSends(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${2 ** 40}\r\n\r\n`)
    const block = Buffer.alloc(1024 ** 2, 0x20)
    const more = () => void (socket.writable && socket.write(block, more))
    more()
  })
  const failure = await failureOf(request(client, { ...READ, timeoutMs: 5_000 }))
  t.match(failure, { code: 'ENGINE_ANSWER_INVALID', message: /larger/ })
  await until(() => open.size === 0)
})

t.test('the start of a refusal of any length gives the reason', async (t) => {
  const { client, open } = await engineThatSends(t, (socket) => {
    socket.write(`HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: ${2 ** 40}\r\n\r\n`)
    socket.write('{"message":"No such container: web ')
    const block = Buffer.alloc(1024 ** 2, 0x78)
    const more = () => void (socket.writable && socket.write(block, more))
    more()
  })
  const failure = await failureOf(request(client, { ...READ, timeoutMs: 5_000 }))
  t.match(failure, { code: 'CONTAINER_NOT_FOUND' })
  await until(() => open.size === 0)
})

t.test('a stream', async (t) => {
  const asked = { method: 'GET', path: '/events', what: 'report events', timeoutMs: TIMEOUT_MS } as const
  const table: [play: Play | string, code: ErrorCode][] = [
    [() => {}, 'ENGINE_TIMEOUT'],
    [answer(HTML, { type: 'text/html' }), 'ENGINE_ANSWER_INVALID'],
    [answer(HTML, { status: 500, type: 'text/html' }), 'ENGINE_ANSWER_INVALID'],
    [end(''), 'ENGINE_UNAVAILABLE']
  ]
  for (const [play, code] of table) {
    const { client, open } = await engineThatSends(t, play)
    t.equal((await failureOf(openStream(client, asked))).code, code)
    client.retire()
    await until(() => open.size === 0)
  }
})

t.test('a retired client closes idle sockets at once, and those in use after their answers', async (t) => {
  const held: Socket[] = []
  const { client, open } = await engineThatSends(t, (socket, { path }) => {
    if (path.endsWith('held')) held.push(socket)
    else socket.write(answer(LIST))
  })
  const slow = request(client, { ...READ, path: '/held', timeoutMs: 5_000 })
  await Promise.all([1, 2, 3].map(() => request(client, { ...READ, timeoutMs: 5_000 })))
  await until(() => held.length === 1)
  client.retire()
  await until(() => open.size === 1)
  held[0]?.write(answer(LIST))
  t.match(await slow, [{ Id: ID }])
  await until(() => open.size === 0)
})

function inspected() {
  return {
    Id: ID,
    Name: '/web',
    Created: '2026-01-01T00:00:00Z',
    Image: 'sha256:1',
    State: { Status: 'running', Pid: 1, ExitCode: 0, OOMKilled: false },
    Config: { Image: 'app:1' },
    HostConfig: {}
  }
}
