// The target of calls to one engine: its address, the negotiated API version, and its pooled sockets.

import http from 'node:http'
import https from 'node:https'
import type { EngineAddress } from './locate.ts'

export type Outgoing = {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  path: string
  query?: Record<string, unknown> | undefined
  headers?: Record<string, string> | undefined
}

export type Client = {
  address: EngineAddress
  /** Opens a request. Nothing is sent before its body is written or it is ended. */
  send(outgoing: Outgoing): http.ClientRequest
  /** When the last answer began, by the clock of `performance`. */
  heardAt(): number
  /** Closes the sockets that no request uses. */
  closeIdle(): void
  /** Closes idle sockets now, and the others as soon as their answers are read. */
  retire(): void
  close(): void
}

// Idle time before the kernel probes a silent peer on another machine.
const TCP_KEEP_ALIVE_MS = 15_000

/** Without a version, paths are unchanged. */
export function createClient(address: EngineAddress, apiVersion: string | undefined, maxSockets: number): Client {
  const isSecure = address.kind === 'tcp' && address.protocol === 'https'
  const { Agent, request } = isSecure ? https : http
  const agent = new Agent({
    keepAlive: true,
    keepAliveMsecs: TCP_KEEP_ALIVE_MS,
    maxSockets,
    scheduling: 'lifo',
    ...(isSecure && { ...address.tls, rejectUnauthorized: address.tls?.verify ?? true })
  })
  const closeIdle = () => {
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
  }
  const target = address.kind === 'socket' ? { socketPath: address.path } : { host: address.host, port: address.port }
  let heardAt = 0
  const prefix = apiVersion === undefined ? '' : `/v${apiVersion}`

  return {
    address,

    send({ method, path, query, headers }) {
      const whole = prefix + path + searchOf(query ?? {})
      const call = request({ ...target, agent, method, path: whole, headers: headers ?? {} })
      return call.once('response', () => (heardAt = performance.now()))
    },

    heardAt: () => heardAt,

    closeIdle,

    retire() {
      agent.maxFreeSockets = 0
      closeIdle()
    },

    close() {
      agent.destroy()
    }
  }
}

/** Lists are repeated, objects are JSON. */
function searchOf(query: Record<string, unknown>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const each of value) search.append(name, String(each))
    else search.append(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return search.size === 0 ? '' : `?${search}`
}
