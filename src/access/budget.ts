// Limits of each caller, for REST and gRPC together: changes per second, streams and concurrent requests.

import { AppError } from '../errors.ts'
import { hostOf } from '../lib/address.ts'
import { isAnybody, NOBODY, type Caller } from './caller.ts'

/** The budget of changes: the burst, the seconds until it is full again, and the remainder. */
export type Quota = { most: number; seconds: number; left: number }
export type Budget = ReturnType<typeof createBudget>

// After this idle time, a caller may make a full burst of changes.
const BURST_SECONDS = 5
// Requests without a token, per address: health, documents, and refused requests.
const REQUESTS_OF_NOBODY = 256
// If no token is needed, programs of this machine share its address.
const CALLERS_AT_AN_ADDRESS = 3
// Bytes that wait for slow readers. Callers with few open requests are exempt.
const UNSENT_BYTES = 32 * 1024 ** 2
const FEW = 8

/** 0 means no limit. On a server without tokens all callers count as one, so limits would be pointless. */
export function createBudget({
  changesPerSecond,
  streams: mostStreams,
  requests: mostRequests = 0,
  now = Date.now
}: {
  changesPerSecond: number
  streams: number
  requests?: number
  now?: () => number
}) {
  const burst = changesPerSecond * BURST_SECONDS
  const left = new Map<string, { changes: number; at: number }>()
  const streams = new Map<string, number>()
  const requests = new Map<string, Set<() => number>>()
  const keyOf = ({ name, tokenId }: Caller) => tokenId ?? name

  function mostRequestsOf(caller: Caller): number {
    if (caller === NOBODY) return REQUESTS_OF_NOBODY
    return isAnybody(caller) ? mostRequests * CALLERS_AT_AN_ADDRESS : mostRequests
  }

  return {
    whose,

    /**
     * Takes one change, or throws with the time of the next one. Calls `tell` with the remaining number in both cases.
     */
    change(caller: Caller, tell: (quota: Quota) => void = () => {}): void {
      if (changesPerSecond === 0 || isAnybody(caller)) return
      const time = now()
      const before = left.get(keyOf(caller)) ?? { changes: burst, at: time }
      // The clock may be set back.
      const seconds = Math.max(0, time - before.at) / 1000
      const changes = Math.min(burst, before.changes + seconds * changesPerSecond)
      left.set(keyOf(caller), { changes: changes < 1 ? changes : changes - 1, at: time })
      tell({ most: burst, seconds: BURST_SECONDS, left: Math.max(0, Math.floor(changes - 1)) })
      if (changes >= 1) return
      throw new AppError('TOO_MANY_REQUESTS', `"${caller.name}" exceeds ${changesPerSecond} changes per second.`, {
        retryAfterSeconds: Math.max(1, Math.ceil((1 - changes) / changesPerSecond))
      })
    },

    /** Takes one stream, and returns the function that releases it. */
    stream(caller: Caller): () => void {
      if (mostStreams === 0 || isAnybody(caller)) return () => {}
      const key = keyOf(caller)
      const giveBack = take(streams, key, mostStreams)
      if (giveBack) return giveBack
      throw new AppError('TOO_MANY_REQUESTS', `"${caller.name}" has ${mostStreams} streams open, the maximum.`, {
        retryAfterSeconds: 5
      })
    },

    /**
     * Takes one request, of whatever kind, until it is answered in full; returns what gives it back. `unsent` says how much of its
     * answer waits for its reader.
     */
    request(caller: Caller, address: string, unsent: () => number): () => void {
      const most = mostRequestsOf(caller)
      if (most === 0) return () => {}
      const key = caller === NOBODY ? `${hostOf(address)} without a token` : whose(caller, address)
      const open = requests.get(key) ?? new Set()
      if (open.size >= most)
        throw new AppError(
          'TOO_MANY_REQUESTS',
          `"${caller.name}" has ${most} requests open, the maximum. Wait for their responses.`,
          { retryAfterSeconds: 5 }
        )
      if (open.size >= FEW && backlogOf(open) > UNSENT_BYTES)
        throw new AppError('TOO_MANY_REQUESTS', `"${caller.name}" does not read its responses. Read them first.`, {
          retryAfterSeconds: 5
        })
      requests.set(key, open.add(unsent))
      return () => {
        open.delete(unsent)
        if (open.size === 0 && requests.get(key) === open) requests.delete(key)
      }
    }
  }
}

function backlogOf(open: Set<() => number>): number {
  let bytes = 0
  for (const unsent of open) bytes += unsent()
  return bytes
}

/** The unit of counting: a token, or an address without one. */
function whose(caller: Caller, address: string): string {
  const { name, tokenId, scopes } = caller
  if (tokenId !== null) return tokenId
  return isAnybody(caller) || scopes.length === 0 ? `address ${hostOf(address)}` : name
}

/** Undefined if the limit is reached. */
function take(counts: Map<string, number>, key: string, most: number): (() => void) | undefined {
  const open = counts.get(key) ?? 0
  if (open >= most) return undefined
  counts.set(key, open + 1)
  return () => {
    const rest = (counts.get(key) ?? 1) - 1
    if (rest > 0) counts.set(key, rest)
    else counts.delete(key)
  }
}
