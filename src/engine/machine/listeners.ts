// Ports that other programs on this machine use. A port in use is skipped; a port that looks unused may still be taken
// if the server does not see the host's network, so only the start is proof.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Protocol } from '../contract/containers.ts'

export type Listeners = {
  /** One port, just before it is given. */
  isTaken(port: number, protocol: Protocol): Promise<boolean>
  /** All ports, from the kernel's tables. */
  listening(protocol: Protocol): Promise<ReadonlySet<number>>
}

const TCP_LISTEN = '0A'

/** `host` is the address on which ports are published. */
export function createListeners({ procDir, host }: { procDir: string; host: string }): Listeners {
  const sharesNetwork = procDir === '/proc' || isSameNetwork(procDir)
  const folder = sharesNetwork ? '/proc/self/net' : join(procDir, '1/net')

  async function listening(protocol: Protocol): Promise<ReadonlySet<number>> {
    const tables = await Promise.all(
      [protocol, `${protocol}6`].map((name) => readTable(join(folder, name), protocol).catch(() => ''))
    )
    return new Set(tables.flatMap((table) => parseSocketTable(table, protocol)))
  }

  return {
    // The tables take the kernel some milliseconds to write out, one bind a tenth of one. In another network than the
    // host's a bind would say nothing.
    async isTaken(port, protocol) {
      if (!sharesNetwork) return (await listening(protocol)).has(port)
      return !(await (protocol === 'tcp' ? canListen(port, host) : canBind(port, host)))
    },
    listening
  }
}

/** Whether the first process of the host's /proc has the network that this process has. */
function isSameNetwork(procDir: string): boolean {
  try {
    return readlinkSync(join(procDir, '1/ns/net')) === readlinkSync('/proc/self/ns/net')
  } catch {
    return false
  }
}

async function canListen(port: number, host: string): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen({ port, host, exclusive: true }), 'listening')
    return true
  } catch (error) {
    return !isInUse(error)
  } finally {
    server.close()
  }
}

async function canBind(port: number, host: string): Promise<boolean> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.bind({ port, address: host, exclusive: true })
    await once(socket, 'listening')
    return true
  } catch (error) {
    return !isInUse(error)
  } finally {
    socket.close()
  }
}

/** Any other failure says nothing about the port, for instance that the address is not one of this machine. */
function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

/**
 * The kernel lists the listening TCP sockets first. A busy machine has thousands of others, in pieces of four
 * kilobytes, so reading stops at the first of those.
 */
async function readTable(path: string, protocol: Protocol): Promise<string> {
  const file = await open(path)
  try {
    let table = ''
    for (;;) {
      const { bytesRead, buffer } = await file.read()
      table += buffer.toString('latin1', 0, bytesRead)
      if (bytesRead === 0 || (protocol === 'tcp' && isPastListening(table))) return table
    }
  } finally {
    await file.close()
  }
}

/** Decides by the last complete line, unless it is the header. */
function isPastListening(table: string): boolean {
  const lines = table.split('\n')
  return lines.length > 2 && stateOf(lines.at(-2) ?? '') !== TCP_LISTEN
}

const stateOf = (line: string): string | undefined => line.trim().split(/\s+/, 4)[3]

/** Local ports of listening TCP sockets, or of bound UDP sockets that are not connected to one peer. */
export function parseSocketTable(table: string, protocol: Protocol): number[] {
  const ports: number[] = []
  for (const line of table.split('\n').slice(1)) {
    const [, local, remote, state] = line.trim().split(/\s+/)
    const listens = protocol === 'tcp' ? state === TCP_LISTEN : remote?.endsWith(':0000')
    if (local && listens) ports.push(Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16))
  }
  return ports
}
