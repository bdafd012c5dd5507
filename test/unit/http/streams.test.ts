import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { mock } from 'node:test'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { ANYBODY } from '../../../src/access/caller.ts'
import { AppError } from '../../../src/errors.ts'
import { createStreams, type StreamEvent } from '../../../src/http/streams.ts'
import { until } from '../../helpers/until.ts'

type Source = (signal: AbortSignal) => AsyncIterable<StreamEvent>

/** A server with one stream, and sockets to it. */
async function listen(t: Test, source: Source) {
  const app = Fastify({ forceCloseConnections: 'idle' })
  let places = 0
  const streams = createStreams({ admit: () => (places++, () => places--) })
  let answered = 0
  app.addHook('onRequest', async (request, reply) => {
    request.caller = ANYBODY
    reply.header('x-request-id', 'r1')
  })
  app.addHook('onResponse', async () => void answered++)
  app.addHook('preClose', async () => streams.close())
  app.get('/stream', async (_request, reply) => {
    await streams.send(reply, source, (event) => event)
    return reply
  })
  // Its reader is gone before it begins.
  app.get('/late', async (request, reply) => {
    request.raw.destroy()
    await once(reply.raw, 'close')
    await streams.send(reply, source, (event) => event)
    return reply
  })
  app.get('/plain', async () => 'plain answer')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  t.teardown(() => app.close())

  return {
    app,
    answered: () => answered,
    places: () => places,
    async open(path = '/stream', method = 'GET') {
      const socket = connect(port, '127.0.0.1')
      t.teardown(() => socket.destroy())
      await once(socket, 'connect')
      let text = ''
      socket.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      const ask = (asked: string, how = 'GET') => socket.write(`${how} ${asked} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      ask(path, method)
      return { socket, ask, text: () => text, has: (part: string) => until(() => text.includes(part)) }
    }
  }
}

const waitFor = (signal: AbortSignal) => (signal.aborted ? undefined : once(signal, 'abort'))

/** Sends the given items, then stays open. */
const quiet = (...events: StreamEvent[]): Source =>
  async function* (signal) {
    yield* events
    await waitFor(signal)
  }

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const closed = (socket: Socket) => until(() => socket.readyState === 'closed')

t.test('a reader that left before the start takes no place', async (t) => {
  const { open, places } = await listen(t, quiet({ data: 1 }))
  const { socket } = await open('/late')
  await closed(socket)
  const { has } = await open()
  await has('data: 1')
  t.equal(places(), 1)
})

t.test('events in the form of the standard', async (t) => {
  const { open } = await listen(
    t,
    quiet(
      { id: '7', event: 'stats', data: { line: 'two\nlines' } },
      { data: 1 },
      { event: 'raw', text: '{"as":"it is"}' }
    )
  )
  const { text, has } = await open()
  await has('it is')
  t.match(text(), /^HTTP\/1.1 200 OK\r\n/)
  t.match(text(), /content-type: text\/event-stream; charset=utf-8\r\n/i)
  t.match(text(), /cache-control: no-store\r\n/i)
  t.match(text(), /x-accel-buffering: no\r\n/i)
  t.match(text(), /x-request-id: r1\r\n/i)
  t.match(text(), 'id: 7\nevent: stats\ndata: {"line":"two\\nlines"}\n\n')
  t.match(text(), 'data: 1\n\n')
  t.match(text(), 'event: raw\ndata: {"as":"it is"}\n\n')
})

t.test('the head is sent before there is anything to say', async (t) => {
  const { open } = await listen(t, quiet())
  const { has } = await open()
  await has('\r\n\r\n')
})

t.test('a HEAD is answered, and the connection is free for the next request', async (t) => {
  let asked = 0
  const { open } = await listen(t, async function* (signal) {
    asked++
    yield { data: 1 }
    await waitFor(signal)
  })
  const { text, has, ask } = await open('/stream', 'HEAD')
  await has('text/event-stream')
  ask('/plain')
  await has('plain answer')
  t.notMatch(text(), 'data:')
  t.equal(asked, 0)
})

t.test('a stream ends with its source', async (t) => {
  const { open, answered } = await listen(t, async function* () {
    yield { event: 'end', data: { reason: 'exited' } }
  })
  const { has, ask } = await open()
  await has('data: {"reason":"exited"}\n\n')
  await has('0\r\n\r\n')
  ask('/plain')
  await has('plain answer')
  await until(() => answered() === 2)
})

t.test('a failing source gives its reason without internal details', async (t) => {
  const cases: [error: Error, said: RegExp][] = [
    [
      new AppError('CONTAINER_NOT_FOUND', 'There is no such container.'),
      /event: end\ndata: {"reason":"There is no such container.","code":"CONTAINER_NOT_FOUND"}/
    ],
    [new Error('secret'), /event: end\ndata: {"reason":"(?!.*secret).*","code":"INTERNAL"}/]
  ]
  for (const [error, said] of cases) {
    const { open } = await listen(t, async function* () {
      yield { data: 1 }
      throw error
    })
    const { text, has } = await open()
    await has('0\r\n\r\n')
    t.match(text(), said)
  }
})

t.test('a client that leaves ends its source', async (t) => {
  let left = 0
  const { open } = await listen(t, async function* (signal) {
    try {
      yield { data: 1 }
      await waitFor(signal)
    } finally {
      left++
    }
  })
  const { socket, has } = await open()
  await has('data: 1')
  socket.destroy()
  await until(() => left === 1)
})

t.test('a slow reader slows its own source, and is served when it reads again', async (t) => {
  const piece = 'x'.repeat(64 * 1024)
  let made = 0
  const { open } = await listen(t, async function* (signal) {
    while (!signal.aborted && made < 2_000) {
      yield { id: String(++made), text: piece }
      // Other tasks get their turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
  const { socket, has } = await open()
  socket.pause()
  let before = -1
  await until(async () => {
    const isStill = made > 0 && made === before
    before = made
    await turns(2_000)
    return isStill
  }, 30_000)
  t.ok(made < 1_000, `${made} pieces of 64 KiB were made for a reader that reads none`)
  socket.resume()
  await until(() => made === 2_000, 30_000)
  await has('id: 2000\n')
})

t.test('a reader that stops and resumes repeatedly leaves no listeners behind', async (t) => {
  const warnings: Error[] = []
  const warned = (warning: Error) => void warnings.push(warning)
  process.on('warning', warned)
  t.teardown(() => process.off('warning', warned))
  const { open } = await listen(t, async function* () {
    for (let n = 1; n <= 100; n++) yield { id: String(n), text: 'x'.repeat(64 * 1024) }
  })
  const { has } = await open()
  await has('id: 100\n')
  t.same(warnings, [])
})

t.test('every stream reports the stop of the server', async (t) => {
  const { app, open } = await listen(t, quiet({ data: 1 }))
  const readers = [await open(), await open(), await open()]
  for (const { has } of readers) await has('data: 1')
  await app.close()
  for (const { socket, text } of readers) {
    await closed(socket)
    t.match(text(), 'event: end\ndata: {"reason":"the server is stopping"}\n\n')
  }
})

t.test('a reader that does not read does not delay the stop of the server', async (t) => {
  const { app, open } = await listen(t, async function* (signal) {
    try {
      while (!signal.aborted) yield { text: 'x'.repeat(1024 * 1024) }
    } finally {
      // Like the output of a container, whose stream has to be closed first.
      await turns(20)
    }
  })
  const { socket, has } = await open()
  await has('data: x')
  socket.pause()
  // As much as the kernel buffers for it.
  await turns(2_000)
  const start = performance.now()
  await app.close()
  t.ok(performance.now() - start < 8_000, `it took ${Math.round(performance.now() - start)} ms`)
})

t.test('a reader that reads to the end and stays does not delay the stop of the server', async (t) => {
  const { app, open } = await listen(t, async function* (signal) {
    yield { data: 1 }
    await waitFor(signal)
    // The server has closed its idle connections by then.
    await turns(20)
  })
  const { socket, has, text } = await open()
  await has('data: 1')
  const start = performance.now()
  const ended = once(socket, 'end')
  await app.close()
  await ended
  t.match(text(), 'the server is stopping')
  t.ok(performance.now() - start < 8_000, `it took ${Math.round(performance.now() - start)} ms`)
})

t.test('a quiet stream sends heartbeats', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const { open } = await listen(t, quiet({ data: 1 }))
  const { text, has } = await open()
  await has('data: 1')
  mock.timers.tick(14_000)
  t.notMatch(text(), 'still here')
  mock.timers.tick(1_000)
  await has(': still here\n\n')
})
