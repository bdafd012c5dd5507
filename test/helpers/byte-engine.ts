// A server below HTTP: it sends prepared bytes for each call, complete or not, and shows the open connections.

import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'
import type { EngineAddress } from '../../src/engine/docker/locate.ts'

/** Sends the answer to a call. `path` has its version and query. */
export type Play = (socket: Socket, call: { method: string; path: string }) => void

export async function startByteEngine(t: Test, play: Play) {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => {})
    socket.on('data', (chunk) => {
      // A body in a separate chunk does not begin with a method.
      for (const [, method = '', path = ''] of chunk
        .toString('latin1')
        .matchAll(/^(GET|POST|DELETE) (\S+) HTTP\/1\.1\r$/gm))
        play(socket, { method, path })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const address: EngineAddress = { kind: 'tcp', protocol: 'http', host: '127.0.0.1', port, source: 'test' }
  return { address, open }
}

/** A complete answer, or one whose body is cut to a length. */
export function answer(
  body: string,
  { status = 200, type = 'application/json', length = Buffer.byteLength(body) } = {}
): string {
  return `HTTP/1.1 ${status} Made up\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${body}`
}
