// WebSockets: a GET that passes every hook like any other request, and that its handler upgrades. Only this file uses the
// library.

import { on } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { WebSocket } from 'ws'

export type Socket = WebSocket
/** The token among the subprotocols of a client, and the other subprotocols. */
export type TokenAmong = (protocols: string[]) => { token: string | undefined; others: string[] }

export const CLOSE = { normal: 1000, goingAway: 1001, refused: 1008, failed: 1011, tryAgain: 1013 } as const

const MESSAGE_BYTES = 64 * 1024
const HEARTBEAT_MS = 15_000
// A slow reader first reads everything sent before the close, and only then answers it.
const FAREWELL_MS = 10_000
const CUT_OFF_MS = 1_500
// Its types lack closeTimeout.
const OPTIONS = { maxPayload: MESSAGE_BYTES, perMessageDeflate: false, closeTimeout: FAREWELL_MS }
const NO_STATUS = 1005

export async function registerWebSockets(app: FastifyInstance): Promise<void> {
  const sockets = new Set<Duplex>()
  app.server.on('upgrade', (_request, socket: Duplex) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await app.register(websocket, {
    options: OPTIONS,
    // A client error, whose connection is already closed. Our own errors are caught at their origin.
    errorHandler: (_error, socket) => socket.terminate(),
    // Handlers close them gracefully; the rest is cut off.
    preClose: (done) => {
      setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, CUT_OFF_MS).unref()
      done()
    }
  })
}

/** In the form of an `authorization` header. The secret is removed, so that it cannot be logged or sent back. */
export function takeSocketToken(headers: IncomingHttpHeaders, tokenAmong: TokenAmong): string | undefined {
  const offered = headers['sec-websocket-protocol']
  if (offered === undefined) return undefined
  const { token, others } = tokenAmong(offered.split(',').map((each) => each.trim()))
  if (others.length > 0) headers['sec-websocket-protocol'] = others.join(', ')
  else delete headers['sec-websocket-protocol']
  return token === undefined ? undefined : `Bearer ${token}`
}

/**
 * The client's messages from now on. Ends when the client closes the connection, and throws if the connection breaks or
 * the client leaves for a while.
 */
export function messagesOf(socket: Socket): AsyncIterable<Buffer> {
  let code = 0
  socket.once('close', (given: number) => (code = given))
  const messages = on(socket, 'message', { close: ['close'], highWaterMark: 16, lowWaterMark: 1 })
  keepAlive(socket)
  async function* read(): AsyncGenerator<Buffer> {
    for await (const [data] of messages as AsyncIterable<[Buffer]>) yield data
    if (code !== CLOSE.normal && code !== NO_STATUS) throw new Error(`the connection ended with ${code}`)
  }
  return read()
}

/** Detects a peer that vanished silently. */
function keepAlive(socket: Socket): void {
  let isAlive = true
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate()
    isAlive = false
    socket.ping()
  }, HEARTBEAT_MS)
  socket.on('pong', () => (isAlive = true))
  socket.once('close', () => clearInterval(timer))
}

/** Resolves when the bytes are sent, so that a slow reader slows the sender. */
export function send(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.send(bytes, { binary: true }, () => resolve()))
}

export function close(socket: Socket, code: number, reason: string): void {
  socket.close(code, reason.slice(0, 100))
}
