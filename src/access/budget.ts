// How much each caller may ask for, at all doors together: changes in a second, streams at once.

import { AppError } from '../errors.ts'
import { ANYBODY, type Caller } from './caller.ts'

export type Budget = ReturnType<typeof createBudget>

// Whoever has not used it for that long may ask for so many changes at once.
const BURST_SECONDS = 5

/** 0 is no limit. On a server without tokens all callers are one, and nobody to be held back for another's sake. */
export function createBudget({
  changesPerSecond,
  streams: mostStreams,
  now = Date.now
}: {
  changesPerSecond: number
  streams: number
  now?: () => number
}) {
  const burst = changesPerSecond * BURST_SECONDS
  const left = new Map<string, { changes: number; at: number }>()
  const streams = new Map<string, number>()
  const keyOf = ({ name, tokenId }: Caller) => tokenId ?? name

  return {
    /** Takes one change, or throws and says when the next will be there. */
    change(caller: Caller): void {
      if (changesPerSecond === 0 || caller === ANYBODY) return
      const time = now()
      const before = left.get(keyOf(caller)) ?? { changes: burst, at: time }
      // The clock may be set back.
      const seconds = Math.max(0, time - before.at) / 1000
      const changes = Math.min(burst, before.changes + seconds * changesPerSecond)
      left.set(keyOf(caller), { changes: changes < 1 ? changes : changes - 1, at: time })
      if (changes >= 1) return
      throw new AppError(
        'TOO_MANY_REQUESTS',
        `"${caller.name}" asks for more than ${changesPerSecond} changes a second.`,
        { retryAfterSeconds: Math.max(1, Math.ceil((1 - changes) / changesPerSecond)) }
      )
    },

    /** Takes one stream; returns what gives it back. */
    stream(caller: Caller): () => void {
      if (mostStreams === 0 || caller === ANYBODY) return () => {}
      const key = keyOf(caller)
      const open = streams.get(key) ?? 0
      if (open >= mostStreams)
        throw new AppError('TOO_MANY_REQUESTS', `"${caller.name}" has ${open} streams open, and that is the most.`, {
          retryAfterSeconds: 5
        })
      streams.set(key, open + 1)
      return () => {
        const rest = (streams.get(key) ?? 1) - 1
        if (rest > 0) streams.set(key, rest)
        else streams.delete(key)
      }
    }
  }
}
