// Which ports of this machine somebody listens on, from the kernel's own tables. A port seen there is not worth a start;
// a port not seen there may still be taken when the server cannot see the host's network, so only the start is proof.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Protocol } from '../engine/engine.ts'

export type Listeners = {
  /** A burst of requests shares one reading, unless it is to be read `now`. */
  listening(protocol: Protocol, when?: 'lately' | 'now'): Promise<ReadonlySet<number>>
}

const FRESH_MS = 50
const TCP_LISTEN = '0A'

export function createListeners({ procDir }: { procDir: string }): Listeners {
  // Our own view of the network, unless the host's /proc was mounted somewhere else: then that of its first process.
  const folder = procDir === '/proc' ? '/proc/self/net' : join(procDir, '1/net')
  const readings = new Map<Protocol, { at: number; ports: Promise<ReadonlySet<number>> }>()

  async function read(protocol: Protocol): Promise<ReadonlySet<number>> {
    const tables = await Promise.all(
      [protocol, `${protocol}6`].map((name) => readFile(join(folder, name), 'latin1').catch(() => ''))
    )
    return new Set(tables.flatMap((table) => parseSocketTable(table, protocol)))
  }

  return {
    listening(protocol, when = 'lately') {
      const last = readings.get(protocol)
      if (last && when === 'lately' && performance.now() - last.at < FRESH_MS) return last.ports
      const ports = read(protocol)
      readings.set(protocol, { at: performance.now(), ports })
      return ports
    }
  }
}

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
