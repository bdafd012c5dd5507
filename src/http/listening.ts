// The listener of the server: an address, with or without TLS, or a unix socket that only its owner may use.

import { chmodSync, lstatSync, readFileSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import { secureOptions, type Tls } from '../lib/tls.ts'

const HEADER_BYTES = 16 * 1024
const HEADERS_MS = 15_000
const CHECK_MS = 5_000
const SOCKET_MODE = 0o600

/** The certificate and its matching key. */
export function readTls({ tlsCert, tlsKey }: Pick<Config, 'tlsCert' | 'tlsKey'>): Tls | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  try {
    const tls = { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) }
    createSecureContext(tls)
    return tls
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`BERTH_TLS_CERT and BERTH_TLS_KEY cannot be used: ${reason}`, { cause })
  }
}

/** Options of the server under Fastify. TLS makes no difference to it, so Fastify's types use the plain one. */
export function serverOptions(tls: Tls | undefined): { http: object } {
  const limits = {
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: HEADERS_MS,
    connectionsCheckingInterval: CHECK_MS,
    // Otherwise Node would send an empty response; the host check has a proper one.
    requireHostHeader: false,
    // Else the first of two counts; together they are neither a host nor a token.
    joinDuplicateHeaders: true
  }
  return (tls ? { https: { ...secureOptions(tls), ...limits } } : { http: limits }) as { http: object }
}

/** Returns the address as readable text. */
export async function listen(
  app: FastifyInstance,
  { socket, host, port, tlsCert }: Pick<Config, 'socket' | 'host' | 'port' | 'tlsCert'>
): Promise<string> {
  if (socket === undefined) {
    await app.listen({ host, port })
    return `${tlsCert === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`
  }
  await removeStale(socket)
  // It must not be open to others even before its mode is set.
  const before = process.umask(0o777 & ~SOCKET_MODE)
  try {
    await app.listen({ path: socket })
  } finally {
    process.umask(before)
  }
  chmodSync(socket, SOCKET_MODE)
  return `unix:${socket}`
}

/** A killed server leaves its socket behind, which blocks the next one. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return
  if (!found.isSocket()) throw new Error(`BERTH_SOCKET: ${path} is there already and is no socket.`)
  if (await answers(path)) throw new Error(`BERTH_SOCKET: another program listens on ${path}.`)
  rmSync(path)
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(path)
    const settle = (isAlive: boolean) => {
      connection.destroy()
      resolve(isAlive)
    }
    connection.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}
