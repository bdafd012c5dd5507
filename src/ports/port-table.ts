// The ports of one protocol: their holders, and the next one to lease. Every operation except a scan of expired blocks is O(1).
//
// A port's state is never set but derived from the known facts: a reservation, a lease, blocks and the containers that claim
// it. `settle` derives it after each change and keeps two queues in order: free ports, least recently used first, and parked
// ones, longest parked first.

export type PortState = 'free' | 'leased' | 'bound' | 'parked' | 'blocked' | 'reserved'

type Block = { reason: string; until: number }

const FREE = 0
const PARKED = 1
const NONE = -1

export class PortTable {
  readonly first: number
  readonly last: number
  readonly #now: () => number
  readonly #onChange: (port: number, from: PortState, to: PortState) => void
  readonly #state: PortState[]
  readonly #queues: [Queue, Queue]
  readonly #claims = new Map<number, Map<string, boolean>>()
  readonly #leases = new Map<number, string>()
  readonly #blocks = new Map<number, Block>()
  readonly #reserved = new Map<number, string>()
  readonly #counts: Record<PortState, number> = { free: 0, leased: 0, bound: 0, parked: 0, blocked: 0, reserved: 0 }
  #nextExpiry = Infinity

  constructor(
    first: number,
    last: number,
    now: () => number,
    onChange: (port: number, from: PortState, to: PortState) => void = () => {}
  ) {
    const size = last - first + 1
    this.first = first
    this.last = last
    this.#now = now
    this.#onChange = onChange
    this.#state = Array.from({ length: size }, () => 'free' as const)
    this.#queues = [new Queue(size), new Queue(size)]
    for (let index = 0; index < size; index++) this.#queues[FREE].append(index)
    this.#counts.free = size
  }

  has(port: number): boolean {
    return port >= this.first && port <= this.last
  }

  stateOf(port: number): PortState {
    this.#expireBlocks()
    return this.#state[port - this.first] ?? 'reserved'
  }

  counts(): Record<PortState, number> {
    this.#expireBlocks()
    return { ...this.#counts }
  }

  /** The port unused for longest; a parked one only if no other is left. Undefined if all are taken. */
  next(): number | undefined {
    this.#expireBlocks()
    const head = this.#queues[FREE].head
    const index = head === NONE ? this.#queues[PARKED].head : head
    return index === NONE ? undefined : index + this.first
  }

  /** Leases the next port. */
  take(owner: string): number | undefined {
    const port = this.next()
    if (port !== undefined) this.lease(port, owner)
    return port
  }

  lease(port: number, owner: string): void {
    this.#leases.set(port, owner)
    this.#settle(port)
  }

  release(port: number, owner: string): void {
    if (this.#leases.get(port) !== owner) return
    this.#leases.delete(port)
    this.#settle(port)
  }

  block(port: number, reason: string, forMs: number): void {
    const until = this.#now() + forMs
    this.#blocks.set(port, { reason, until })
    this.#nextExpiry = Math.min(this.#nextExpiry, until)
    this.#settle(port)
  }

  unblock(port: number): void {
    if (this.#blocks.delete(port)) this.#settle(port)
  }

  reserve(port: number, reason: string): void {
    this.#reserved.set(port, reason)
    this.#settle(port)
  }

  /** A container with the port: bound if it runs, parked if it is stopped and may need it again. */
  claim(port: number, containerId: string, bound: boolean): void {
    const claims = this.#claims.get(port) ?? new Map<string, boolean>()
    claims.set(containerId, bound)
    this.#claims.set(port, claims)
    // The listener on the port was this container, seen before the engine reported it.
    if (bound) this.#blocks.delete(port)
    this.#settle(port)
  }

  unclaim(port: number, containerId: string): void {
    const claims = this.#claims.get(port)
    if (!claims?.delete(containerId)) return
    if (claims.size === 0) this.#claims.delete(port)
    this.#settle(port)
  }

  /** The container that holds the port; the last one of several stopped ones. */
  holderOf(port: number): string | undefined {
    const claims = [...(this.#claims.get(port) ?? [])]
    return (claims.find(([, bound]) => bound) ?? claims.at(-1))?.[0]
  }

  reasonOf(port: number): string | undefined {
    return this.#reserved.get(port) ?? this.#blocks.get(port)?.reason
  }

  #settle(port: number): void {
    const index = port - this.first
    const before = this.#state[index]
    const after = this.#work(port)
    if (before === undefined || before === after) return
    if (before === 'free') this.#queues[FREE].remove(index)
    if (before === 'parked') this.#queues[PARKED].remove(index)
    if (after === 'free') this.#queues[FREE].append(index)
    if (after === 'parked') this.#queues[PARKED].append(index)
    this.#state[index] = after
    this.#counts[before]--
    this.#counts[after]++
    this.#onChange(port, before, after)
  }

  #work(port: number): PortState {
    if (this.#reserved.has(port)) return 'reserved'
    if (this.#leases.has(port)) return 'leased'
    const claims = this.#claims.get(port)
    if (claims) for (const bound of claims.values()) if (bound) return 'bound'
    if (this.#blocks.has(port)) return 'blocked'
    return claims ? 'parked' : 'free'
  }

  #expireBlocks(): void {
    const now = this.#now()
    if (now < this.#nextExpiry) return
    this.#nextExpiry = Infinity
    for (const [port, { until }] of this.#blocks) {
      if (until <= now) this.unblock(port)
      else this.#nextExpiry = Math.min(this.#nextExpiry, until)
    }
  }
}

/** A doubly linked list of indexes in typed arrays: append and remove anywhere without searching or allocating. */
class Queue {
  readonly #next: Int32Array
  readonly #previous: Int32Array
  head = NONE
  #tail = NONE

  constructor(size: number) {
    this.#next = new Int32Array(size).fill(NONE)
    this.#previous = new Int32Array(size).fill(NONE)
  }

  append(index: number): void {
    this.#next[index] = NONE
    this.#previous[index] = this.#tail
    if (this.#tail === NONE) this.head = index
    else this.#next[this.#tail] = index
    this.#tail = index
  }

  remove(index: number): void {
    const next = this.#next[index] ?? NONE
    const previous = this.#previous[index] ?? NONE
    if (previous === NONE) this.head = next
    else this.#next[previous] = next
    if (next === NONE) this.#tail = previous
    else this.#previous[next] = previous
  }
}
