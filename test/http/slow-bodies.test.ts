import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { registerSlowBodies } from '../../src/http/slow-bodies.ts'

const SHORT_MS = 200
const LONGER_MS = 3 * SHORT_MS

async function listening(t: Test, limits = { bodyMs: 2_000, idleMs: 2_000 }) {
  const app = Fastify()
  app.addContentTypeParser('multipart/form-data', (_request, payload, done) => {
    let bytes = 0
    payload.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('end', () => done(null, bytes))
  })
  registerSlowBodies(app, limits)
  app.post('/', async (request) => ({ got: request.body }))
  app.post('/slow', () => setTimeout(LONGER_MS, { done: true }))
  t.teardown(() => app.close())
  await app.listen({ port: 0 })
  return (app.server.address() as AddressInfo).port
}

/** Sends the head and then a byte at a time, and returns the answer. */
async function drip(port: number, type: string, bytes: number, everyMs = 0): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  socket.write(
    `POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: ${type}\r\ncontent-length: ${bytes}\r\n\r\n`
  )
  for (let sent = 0; sent < bytes && socket.writable; sent++) {
    socket.write('1')
    await setTimeout(everyMs)
  }
  await closed
  return answer
}

t.test('a JSON body has to arrive quickly', async (t) => {
  const port = await listening(t)
  t.match(await drip(port, 'application/json', 20, 200), /^HTTP\/1\.1 408 .*"code":"REQUEST_TIMEOUT"/s)
  t.match(await drip(port, 'application/json', 3), /^HTTP\/1\.1 200 .*\{"got":111\}/s)
})

t.test('an upload may take long as long as it moves', async (t) => {
  const port = await listening(t)
  t.match(await drip(port, 'multipart/form-data; boundary=x', 10, 300), /^HTTP\/1\.1 200 .*\{"got":10\}/s)
  t.match(await drip(port, 'multipart/form-data; boundary=x', 2, 4_000), /^HTTP\/1\.1 408 /)
})

t.test('a request with an empty or unread body may run longer than the body timeout', async (t) => {
  const port = await listening(t, { bodyMs: SHORT_MS, idleMs: SHORT_MS })
  const bodies: RequestInit[] = [
    { headers: { 'content-length': '0' } },
    { headers: { 'content-type': 'application/json' }, body: '{}' },
    { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '1' }
  ]
  for (const body of bodies) {
    const answer = await fetch(`http://127.0.0.1:${port}/slow`, { method: 'POST', ...body })
    t.match(await answer.json(), { done: true }, JSON.stringify(body))
  }
})
