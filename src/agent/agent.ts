// The server of a node that gives managers access to its tasks: mutual TLS, a list of calls, and the engine behind it.

import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Client, Outgoing } from '../engine/docker/client.ts'
import { Refusal } from '../engine/docker/failures.ts'
import type { Certificates } from '../lib/certificates.ts'
import { createConnections } from '../lib/connections.ts'
import { secureOptions } from '../lib/tls.ts'
import { readBytes, readWhole } from './bodies.ts'
import { readCall, readCommand, type Call } from './calls.ts'
import type { Figures, Task } from './figures.ts'
import { answerWith, ENGINE_GONE, forward, hijack, refuseOn } from './forward.ts'
import { createMemory } from './memory.ts'
import { createTasks } from './tasks.ts'

const MOST_CONNECTIONS = 512
const HEADER_BYTES = 16 * 1024
const HEADERS_MS = 15_000
const KEEP_ALIVE_MS = 15_000
const COMMAND_BYTES = 1024 ** 2
const START_BYTES = 4 * 1024

type Log = Record<'info' | 'warn', (fields: object, message: string) => void>

export function createAgent({
  client,
  certificates,
  figures,
  log
}: {
  client: Client
  certificates: Certificates
  figures: Figures
  log: Log
}) {
  const tasks = createTasks(client, figures)
  const connections = createConnections(MOST_CONNECTIONS)
  const hijacked = new Set<Duplex>()
  const logged = createMemory<true>()
  const server = https.createServer({
    ...secureOptions(certificates),
    ca: certificates.ca,
    requestCert: true,
    rejectUnauthorized: true,
    allowHalfOpen: true,
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: HEADERS_MS,
    // A file may be slow, and a manager keeps its connections for the next call.
    requestTimeout: 0,
    keepAliveTimeout: 0,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS
  })

  /** The call and its task. Throws a refusal. */
  async function admit({ method = '', url = '' }: IncomingMessage): Promise<{ call: Call; task: Task | undefined }> {
    const call = readCall(method, url)
    if (!call) throw new Refusal(403, 'The agent of this node does not forward this call.')
    return { call, task: await tasks.of(call) }
  }

  function statusOf(error: unknown, { method, url, socket }: IncomingMessage): [status: number, message: string] {
    if (!(error instanceof Refusal)) return [503, ENGINE_GONE]
    const [path = ''] = url?.split('?') ?? []
    // A server may ask for the statistics of a foreign container every second.
    if (error.statusCode === 403 && !logged.get(path)) {
      logged.keep(path, true)
      log.warn({ method, path, from: socket.remoteAddress }, 'call refused')
    }
    return [error.statusCode, error.message]
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const release = connections.hold(request.socket)
    response.once('close', release)
    try {
      const { call, task } = await admit(request)
      const passed = { method: request.method as Outgoing['method'], path: call.path }
      if (call.does === 'exec') {
        const body = readCommand((await readWhole(request, COMMAND_BYTES)).toString('utf8'))
        if (body === undefined) throw new Refusal(403, 'The agent of this node starts no such command.')
        return forward(client, passed, { request, response, body: Buffer.from(body) })
      }
      if (call.subject === 'command' && call.does === 'start')
        throw new Refusal(403, 'The agent of this node starts commands on connections of their own.')
      const sample = task && isOneSample(call) ? await sampleOf(task) : undefined
      if (sample) response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(sample))
      else forward(client, passed, { request, response })
    } catch (error) {
      if (!response.destroyed) answerWith(response, ...statusOf(error, request))
    }
  }

  async function sampleOf(task: Task) {
    return figures.of(task) ?? figures.of(await tasks.renew(task.id))
  }

  async function switchProtocols(request: IncomingMessage, near: Duplex, head: Buffer): Promise<void> {
    const release = connections.hold(request.socket)
    hijacked.add(near)
    near.once('close', () => {
      hijacked.delete(near)
      release()
    })
    // The other side gets the error, too.
    near.on('error', () => near.destroy())
    try {
      const { call } = await admit(request)
      if (call.does !== 'start') throw new Refusal(403, 'The agent of this node does not forward this call.')
      const body = await readBytes(near, head, Number(request.headers['content-length'] ?? 0), START_BYTES)
      hijack(client, { method: 'POST', path: call.path }, { body, near })
    } catch (error) {
      refuseOn(near, ...statusOf(error, request))
    }
  }

  server.on('connection', (socket: Socket) => connections.add(socket))
  server.on('request', (request, response) => void answer(request, response))
  server.on('upgrade', (request, near, head) => void switchProtocols(request, near, head))
  server.on('tlsClientError', (error: Error, { remoteAddress: from }: TLSSocket) =>
    log.info({ from, reason: error.message }, 'connection refused')
  )
  return {
    listen: (port: number): Promise<void> =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, () => resolve())
      }),
    port: (): number => (server.address() as { port: number }).port,

    close(): void {
      server.close()
      server.closeAllConnections()
      for (const near of hijacked) near.destroy()
      client.close()
    }
  }
}

const isOneSample = ({ does, query }: Call): boolean => does === 'stats' && query.get('stream') === 'false'
