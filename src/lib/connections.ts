// A bounded number of connections that no host can monopolize: if all are taken, the host with the most loses one
// to a new one. A connection with an authorized call is held; all others are idle, however busy.

import type { Socket } from 'node:net'
import { hostOf } from './address.ts'

export type Connections = ReturnType<typeof createConnections>
type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>
type Entry = { key: unknown; socket: Socket; host: string; held: number }
type Host = { idle: Set<Entry>; held: Set<Entry> }

export function createConnections(most: number) {
  const entries = new Map<unknown, Entry>()
  const hosts = new Map<string, Host>()

  function settle(entry: Entry): void {
    const host = hosts.get(entry.host) ?? { idle: new Set(), held: new Set() }
    hosts.set(entry.host, host)
    host[entry.held > 0 ? 'idle' : 'held'].delete(entry)
    host[entry.held > 0 ? 'held' : 'idle'].add(entry)
  }

  function forget(entry: Entry): void {
    if (entries.get(entry.key) !== entry) return
    entries.delete(entry.key)
    const host = hosts.get(entry.host)
    host?.idle.delete(entry)
    host?.held.delete(entry)
    if (host?.idle.size === 0 && host.held.size === 0) hosts.delete(entry.host)
  }

  function largest(kind: 'idle' | 'held'): Set<Entry> {
    let most = new Set<Entry>()
    for (const host of hosts.values()) if (host[kind].size > most.size) most = host[kind]
    return most
  }

  /** The oldest idle one of the host with the most; else the oldest held one, unless the newcomer has as many. */
  function surplus(newcomer: string): Entry | undefined {
    const [idle] = largest('idle')
    if (idle) return idle
    const held = largest('held')
    const [oldest] = held
    return held.size > (hosts.get(newcomer)?.held.size ?? 0) + 1 ? oldest : undefined
  }

  return {
    /** False if there was no room, and it is closed. */
    add(socket: Socket): boolean {
      const host = hostOf(socket.remoteAddress ?? 'socket')
      if (entries.size >= most) {
        const given = surplus(host)
        if (!given) {
          socket.destroy()
          return false
        }
        forget(given)
        given.socket.destroy()
      }
      const entry = { key: keyOf(socket), socket, host, held: 0 }
      entries.set(entry.key, entry)
      settle(entry)
      socket.once('close', () => forget(entry))
      return true
    },

    /** Returns a function to call at the end of the call. Over TLS the peer is another object than the connection. */
    hold(peer: Peer): () => void {
      const entry = entries.get(keyOf(peer))
      if (!entry) return () => {}
      entry.held++
      settle(entry)
      return () => {
        entry.held--
        if (entries.get(entry.key) === entry) settle(entry)
      }
    },

    size: (): number => entries.size
  }
}

/** A unix socket has no address. */
function keyOf(peer: Peer): unknown {
  return peer.remotePort === undefined ? peer : `${peer.remoteAddress} ${peer.remotePort}`
}
