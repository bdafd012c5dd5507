// Connections that open no terminal: of clients that stay silent, or do not answer the close.

import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { decodeServer } from '../../src/terminal/frames.ts'
import { build } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'

// Both wait for ten seconds.
t.jobs = 2
const OPERATOR = 'x'.repeat(40)

async function serve(t: Test, env: Record<string, string> = {}) {
  const engine = createMemoryEngine()
  engine.add({ name: 'web', labels: { 'io.berth.managed': 'true' } })
  const server = await build(t, { engine, env: { BERTH_EXEC: 'true', ...env } })
  await server.app.listen({ host: '127.0.0.1', port: 0 })
  return `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`
}

/** A WebSocket connection whose client never answers pings or the close. */
async function openMute(base: string, said = Buffer.alloc(0)) {
  const { port } = new URL(base)
  const socket = connect(Number(port), '127.0.0.1')
  const closed = once(socket, 'close')
  socket.on('error', () => {})
  socket.write(
    [
      'GET /containers/web/terminal HTTP/1.1',
      'Host: 127.0.0.1',
      `Authorization: Bearer ${OPERATOR}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
      '\r\n'
    ].join('\r\n')
  )
  const [head] = (await once(socket, 'data')) as [Buffer]
  const started = performance.now()
  if (said.length > 0) socket.write(said)
  return {
    status: Number(head.toString('latin1', 9, 12)),
    destroy: () => socket.destroy(),
    closedAfterMs: closed.then(() => performance.now() - started)
  }
}
// A frame of one byte without meaning, masked with zeros.
const NO_FRAME = Buffer.from([0x82, 0x81, 0, 0, 0, 0, 0x63])

t.test('connections that open no terminal are counted, and end within ten seconds', { buffered: true }, async (t) => {
  const most = 6
  const base = await serve(t, { BERTH_TOKEN: OPERATOR, BERTH_REQUESTS_PER_CALLER: String(most) })
  const refused = await Promise.all(Array.from({ length: most / 2 }, () => openMute(base, NO_FRAME)))
  const silent = await Promise.all(Array.from({ length: most / 2 }, () => openMute(base)))
  const held = [...refused, ...silent]
  t.strictSame(
    held.map(({ status }) => status),
    Array.from({ length: most }, () => 101)
  )
  const other = await openMute(base)
  t.equal(other.status, 429, 'one more is refused')
  other.destroy()
  const times = await Promise.all(refused.map(({ closedAfterMs }) => closedAfterMs))
  t.ok(
    times.every((ms) => ms > 8_000 && ms < 20_000),
    `the close is not answered: gone after ${times.map(Math.round).join(', ')} ms`
  )
  const next = await openMute(base)
  t.equal(next.status, 101, 'their slots are free again')
  for (const { destroy } of [next, ...silent]) destroy()
})

t.test('a connection that opens no terminal gets an error', { buffered: true }, async (t) => {
  const base = await serve(t)
  const socket = new WebSocket(`${base.replace('http', 'ws')}/containers/web/terminal`)
  const closed = once(socket, 'close')
  const [message] = (await once(socket, 'message')) as [Buffer]
  t.match(decodeServer(message), { kind: 'failed', failed: { code: 'REQUEST_TIMEOUT' } })
  t.strictSame((await closed)[0], 1008)
})
