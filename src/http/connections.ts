// Limits the connections of the HTTP server, and the concurrent requests of each.

import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { createConnections, type Connections } from '../lib/connections.ts'

// A client that sends more requests without an answer does not wait for answers.
const UNANSWERED = 100

export function boundConnections(server: Server, most: number): Connections {
  const connections = createConnections(most)
  const unanswered = new WeakMap<Socket, number>()
  const add = (socket: Socket, change: number): number => {
    const count = (unanswered.get(socket) ?? 0) + change
    unanswered.set(socket, count)
    return count
  }

  server.on('connection', (socket: Socket) => connections.add(socket))
  // Before the handler, which may answer at once.
  server.prependListener('request', ({ socket }, response) => {
    response.once('close', () => add(socket, -1))
    if (add(socket, 1) > UNANSWERED) socket.destroy()
  })
  return connections
}
