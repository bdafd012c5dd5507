// Ports for containers: leases for new ones, and an overview of the whole range.

import type { Caller } from '../access/caller.ts'
import { maySee } from '../access/ownership.ts'
import type { ContainerRecord, Protocol } from '../engine/contract/containers.ts'
import type { Listeners } from '../engine/machine/listeners.ts'
import { isAppError } from '../errors.ts'
import { sleep } from '../lib/sleep.ts'
import { shortId } from '../inventory/ids.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Allocator, Lease, Use } from './allocator.ts'
import { createLeasing, type WantedLease } from './leasing.ts'
import type { PortOverview } from './schemas.ts'

export type PortService = ReturnType<typeof createPortService>

const LINGER_MS = [20, 60]
const FOREIGN = 'another process listens on it'
// Must not exceed the pause between two checks of the whole range, since the process may have ended.
const SEEN_BLOCK_MS = 15_000

export function createPortService({
  allocator,
  listeners,
  inventory
}: {
  allocator: Allocator
  listeners: Listeners
  inventory: Inventory
}) {
  inventory.onChange(({ id, after }) => {
    if (after) allocator.observe(id, usesOf(after), hasPorts(after))
    else allocator.forget(id)
  })

  /** The engine's proxy releases the port of an ended container a moment later. */
  async function becomesFree(port: number, protocol: Protocol): Promise<boolean> {
    for (const pause of LINGER_MS) {
      if (!(await listeners.isTaken(port, protocol))) return true
      await sleep(pause)
    }
    return !(await listeners.isTaken(port, protocol))
  }

  /** Blocks outlive the holders of ports, so a blocked port is checked again before it is refused. */
  async function lookAgain(uses: Iterable<Use>): Promise<void> {
    for (const { port, protocol } of uses) {
      if (allocator.stateOf(port, protocol) === 'blocked' && !(await listeners.isTaken(port, protocol)))
        allocator.unblock(port, protocol)
    }
  }

  async function lookAgainAtAll(protocol: Protocol): Promise<void> {
    const taken = await listeners.listening(protocol)
    for (const { port, protocol: kind, state } of allocator.rows())
      if (kind === protocol && state === 'blocked' && !taken.has(port)) allocator.unblock(port, protocol)
  }

  /** The next free port without a listener. */
  async function leaseFree(protocol: Protocol, owner: string): Promise<Lease> {
    for (;;) {
      const lease = allocator.lease(protocol, owner)
      if (await becomesFree(lease.port, protocol)) return lease
      lease.block(FOREIGN)
    }
  }

  /** Whether the port may be leased by its number. */
  function isAvailable(port: number, protocol: Protocol): boolean {
    const state = allocator.stateOf(port, protocol)
    return allocator.has(port) && (state === 'free' || state === 'parked')
  }

  /** Blocks every port of the range on which a process other than a container listens. */
  async function lookAround(): Promise<void> {
    await Promise.all(
      (['tcp', 'udp'] as const).map(async (protocol) => {
        // No container held the port before or after the check, so the listener is not one that came or went in
        // between.
        const unused = new Set<number>()
        const { first, last } = allocator.range
        for (let port = first; port <= last; port++) if (isAvailable(port, protocol)) unused.add(port)
        for (const port of await listeners.listening(protocol)) {
          if (unused.has(port) && isAvailable(port, protocol)) allocator.block(port, protocol, FOREIGN, SEEN_BLOCK_MS)
        }
      })
    )
  }

  /** A lease for each requested port, in order, or none at all. */
  async function lease(wanted: WantedLease[], owner: string, isFirstTry = true): Promise<Lease[]> {
    // A preference accepts another port.
    const exactly = wanted.filter(({ hostPort, isPreference }) => hostPort !== undefined && !isPreference)
    await lookAgain(exactly.map(({ hostPort: port = 0, protocol }) => ({ port, protocol })))
    const leases: Lease[] = []
    try {
      // Ports requested by number first, so that no other lease takes them.
      const exact = wanted.map(({ protocol, hostPort, isPreference }) => {
        if (hostPort === undefined || (isPreference && !isAvailable(hostPort, protocol))) return undefined
        const taken = allocator.leaseExactly(hostPort, protocol, owner)
        leases.push(taken)
        return taken
      })
      const all: Lease[] = []
      for (const [index, { protocol }] of wanted.entries()) {
        const taken = exact[index] ?? (await leaseFree(protocol, owner))
        if (!exact[index]) leases.push(taken)
        all.push(taken)
      }
      return all
    } catch (error) {
      for (const taken of leases) taken.release()
      if (!isFirstTry || !isAppError(error, 'PORT_RANGE_EXHAUSTED')) throw error
      for (const protocol of new Set(wanted.map((each) => each.protocol))) await lookAgainAtAll(protocol)
      return lease(wanted, owner, false)
    }
  }

  /** Leases for the former ports of a stopped container; undefined if one of them is no longer available. */
  async function reclaim(record: ContainerRecord, owner: string): Promise<Lease[] | undefined> {
    const inRange = usesOf(record).filter(({ port }) => allocator.has(port))
    await lookAgain(inRange)
    const available = inRange.every(({ port, protocol }) => isAvailable(port, protocol))
    return available ? inRange.map(({ port, protocol }) => allocator.leaseExactly(port, protocol, owner)) : undefined
  }

  return {
    lease,
    reclaim,
    ...createLeasing({ lease, reclaim }),
    has: (port: number): boolean => allocator.has(port),
    isAvailable,
    counts: (protocol: Protocol) => allocator.counts(protocol),

    /** The holder of a port is shown only to callers who may see it. */
    async overview(caller: Caller): Promise<PortOverview> {
      await lookAround()
      const rows = allocator.rows()
      const { first, last } = allocator.range
      return {
        used_ports: rows
          .filter(({ protocol, state }) => protocol === 'tcp' && (state === 'bound' || state === 'leased'))
          .map(({ port }) => port),
        available_range: `${first}-${last}`,
        total_ports: last - first + 1,
        counts: allocator.counts('tcp'),
        udp_counts: allocator.counts('udp'),
        next: { tcp: allocator.next('tcp') ?? null, udp: allocator.next('udp') ?? null },
        ports: rows.map(({ port, protocol, state, holder, reason }) => {
          const found = holder === undefined ? undefined : inventory.get(holder)
          const record = found && maySee(caller, found.berth) ? found : undefined
          return {
            port,
            protocol,
            state,
            holder: record ? { id: shortId(record.id), name: record.name, managed: record.berth.managed } : null,
            reason: reason ?? null
          }
        })
      }
    }
  }
}

/** Each once: two addresses of the machine may have the same port. */
function usesOf(record: ContainerRecord): Use[] {
  const uses = record.ports.map(({ hostPort, protocol }) => [`${hostPort}/${protocol}`, { port: hostPort, protocol }])
  return [...new Map(uses as [string, Use][]).values()]
}

/** Whether the engine currently holds the container's ports open. */
function hasPorts({ state }: ContainerRecord): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting'
}
