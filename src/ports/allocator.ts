// Chooses the host port of a container. Kept in memory and rebuilt from the engine's containers; the engine decides
// when the container starts.

import type { Protocol } from '../engine/contract/containers.ts'
import { AppError } from '../errors.ts'
import type { PortRange } from '../lib/settings.ts'
import { PortTable, type PortState } from './port-table.ts'

export type Lease = {
  readonly port: number
  readonly protocol: Protocol
  /** Releases the port, which is then bound to its container, or free. */
  release(): void
  /** Releases it and blocks it for a while. */
  block(reason: string): void
}

export type Use = { port: number; protocol: Protocol }
export type PortChange = Use & { from: PortState; to: PortState }
export type PortRow = Use & { state: PortState; holder: string | undefined; reason: string | undefined }

/** The time for which a taken port is blocked. */
const BLOCK_MS = 60_000

export type Allocator = ReturnType<typeof createAllocator>

export function createAllocator(options: { range: PortRange; reserved?: Map<number, string>; now?: () => number }) {
  const { range, reserved = new Map<number, string>(), now = () => performance.now() } = options
  const watchers = new Set<(change: PortChange) => void>()
  const tableFor = (protocol: Protocol) =>
    new PortTable(range.first, range.last, now, (port, from, to) => {
      for (const watcher of watchers) watcher({ port, protocol, from, to })
    })
  const tables = { tcp: tableFor('tcp'), udp: tableFor('udp') }
  const claimed = new Map<string, Use[]>()

  for (const table of Object.values(tables)) {
    for (const [port, reason] of reserved) if (table.has(port)) table.reserve(port, reason)
  }

  function leaseOf(port: number, protocol: Protocol, owner: string): Lease {
    const table = tables[protocol]
    return {
      port,
      protocol,
      release: () => table.release(port, owner),
      block(reason) {
        table.block(port, reason, BLOCK_MS)
        table.release(port, owner)
      }
    }
  }

  return {
    range,
    has: (port: number) => tables.tcp.has(port),

    /** The next port. `owner` names the request that holds it until the lease is released. */
    lease(protocol: Protocol, owner: string): Lease {
      const port = tables[protocol].take(owner)
      if (port === undefined) throw exhausted(protocol)
      return leaseOf(port, protocol, owner)
    },

    /** Exactly this port, if it is unused. A port parked by another container may be requested by number. */
    leaseExactly(port: number, protocol: Protocol, owner: string): Lease {
      const state = tables[protocol].stateOf(port)
      if (!tables[protocol].has(port) || (state !== 'free' && state !== 'parked'))
        throw unavailable(port, protocol, state)
      tables[protocol].lease(port, owner)
      return leaseOf(port, protocol, owner)
    },

    block(port: number, protocol: Protocol, reason: string, forMs = BLOCK_MS): void {
      if (tables[protocol].has(port)) tables[protocol].block(port, reason, forMs)
    },

    /** Its previous holder is gone. */
    unblock(port: number, protocol: Protocol): void {
      tables[protocol].unblock(port)
    },

    /** The engine's current view of a container's ports. */
    observe(containerId: string, uses: Use[], bound: boolean): void {
      const kept = uses.filter((use) => tables[use.protocol].has(use.port))
      for (const before of claimed.get(containerId) ?? []) {
        if (!kept.some((use) => use.port === before.port && use.protocol === before.protocol)) {
          tables[before.protocol].unclaim(before.port, containerId)
        }
      }
      for (const use of kept) tables[use.protocol].claim(use.port, containerId, bound)
      if (kept.length > 0) claimed.set(containerId, kept)
      else claimed.delete(containerId)
    },

    forget(containerId: string): void {
      for (const { port, protocol } of claimed.get(containerId) ?? []) tables[protocol].unclaim(port, containerId)
      claimed.delete(containerId)
    },

    /** The port of the next lease; undefined if all are taken. */
    next: (protocol: Protocol): number | undefined => tables[protocol].next(),
    stateOf: (port: number, protocol: Protocol): PortState => tables[protocol].stateOf(port),
    counts: (protocol: Protocol) => tables[protocol].counts(),

    onChange: (watcher: (change: PortChange) => void): void => void watchers.add(watcher),

    /** Every port that is not free, in order. */
    rows(): PortRow[] {
      const rows: PortRow[] = []
      for (const protocol of ['tcp', 'udp'] as const) {
        const table = tables[protocol]
        for (let port = range.first; port <= range.last; port++) {
          const state = table.stateOf(port)
          if (state !== 'free')
            rows.push({ port, protocol, state, holder: table.holderOf(port), reason: table.reasonOf(port) })
        }
      }
      return rows
    }
  }

  function exhausted(protocol: Protocol): AppError {
    const counts = tables[protocol].counts()
    const { bound, parked, blocked, reserved: kept, leased } = counts
    return new AppError(
      'PORT_RANGE_EXHAUSTED',
      `All ${range.last - range.first + 1} ${protocol} ports from ${range.first} to ${range.last} are taken: ${bound} bound, ${leased} leased, ` +
        `${parked} parked, ${blocked} blocked, ${kept} reserved. Remove containers or widen BERTH_PORT_RANGE.`,
      { facts: { range: `${range.first}-${range.last}`, protocol, counts } }
    )
  }

  function unavailable(port: number, protocol: Protocol, state: PortState): AppError {
    if (!tables[protocol].has(port)) {
      const message = `must lie in the range ${range.first}-${range.last}`
      return new AppError('INVALID_REQUEST', `Port ${port} ${message}.`, { fields: [{ field: 'host_port', message }] })
    }
    const reason = tables[protocol].reasonOf(port)
    return new AppError(
      'PORT_UNAVAILABLE',
      `Port ${port}/${protocol} is ${state}${reason ? ` (${reason})` : ''}. Omit host_port to get a free one.`,
      {
        facts: { port, protocol, state }
      }
    )
  }
}
