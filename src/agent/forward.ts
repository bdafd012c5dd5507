// Forwards a call to the engine and its answer back, chunk by chunk, with backpressure: the end of one side ends the
// other.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client, Outgoing } from '../engine/docker/client.ts'
import { collected } from '../lib/collected.ts'

const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade'])
/** Time for the other side to read the rest. */
const LINGER_MS = 5_000

export type Passed = { method: Outgoing['method']; path: string }

/** With the given body, or with that of the request. */
export function forward(
  client: Client,
  passed: Passed,
  { request, response, body }: { request: IncomingMessage; response: ServerResponse; body?: Buffer | undefined }
): void {
  const upstream = client.send({ ...passed, headers: headersOf(request, body) })
  response.on('close', () => upstream.destroy())
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, withoutConnection(answer.headers))
    pipeline(answer, collected, response).catch(() => {})
  })
  upstream.on('error', () => {
    // The engine may have answered before it read everything.
    if (response.headersSent) return
    answerWith(response, 503, ENGINE_GONE)
    request.resume()
  })
  if (body) upstream.end(body)
  else pipeline(request, collected, upstream).catch(() => {})
}

/** The engine takes over the connection of the request, for a command. */
export function hijack(client: Client, passed: Passed, { body, near }: { body: Buffer; near: Duplex }): void {
  const upstream = client.send({
    ...passed,
    headers: { ...jsonHeaders(body), Connection: 'Upgrade', Upgrade: 'tcp' }
  })
  near.on('close', () => upstream.destroy())
  upstream
    .on('upgrade', (_answer: IncomingMessage, far: Duplex, head: Buffer) => {
      near.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
      if (head.length > 0) far.unshift(head)
      void join(near, far)
    })
    .on('response', (answer) => {
      near.write(headOf(answer.statusCode ?? 502))
      pipeline(answer, near).catch(() => near.destroy())
    })
    .on('error', () => refuseOn(near, 503, ENGINE_GONE))
    .end(body)
}

/** Until the engine has ended the output. Input that the command no longer reads is dropped. */
async function join(near: Duplex, far: Duplex): Promise<void> {
  far.on('error', () => {})
  far.on('close', () => near.resume())
  near.pipe(far)
  await pipeline(far, collected, near).catch(() => {})
  far.destroy()
  if (near.destroyed) return
  const linger = setTimeout(() => near.destroy(), LINGER_MS)
  near.on('close', () => clearTimeout(linger))
}

export const ENGINE_GONE = 'The engine of this node does not answer its agent.'

export function answerWith(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ message }))
}

/** On a connection that no longer speaks HTTP. */
export function refuseOn(near: Duplex, status: number, message: string): void {
  near.end(`${headOf(status)}${JSON.stringify({ message })}`)
}

const headOf = (status: number): string =>
  `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n`

function headersOf({ headers }: IncomingMessage, body: Buffer | undefined): Record<string, string> {
  if (body) return jsonHeaders(body)
  const { 'content-type': type, 'content-length': length } = headers
  return {
    ...(type !== undefined && { 'Content-Type': type }),
    ...(length !== undefined && { 'Content-Length': length })
  }
}

const jsonHeaders = (body: Buffer) => ({ 'Content-Type': 'application/json', 'Content-Length': String(body.length) })

function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.has(name)))
}
