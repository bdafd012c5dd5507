// Memory held for responses and large bodies, in total and per caller. A request beyond the limit is refused at once, since
// waiting would hold its memory even longer.

import { AppError, invalidField } from '../errors.ts'

export type HeldBytes = ReturnType<typeof createHeldBytes>
/** The memory of one request. */
export type Holding = { take(bytes: number): void; giveBack(bytes: number): void; end(): void }

const MEBIBYTE = 1024 ** 2
const OF_ALL = 256 * MEBIBYTE
const OF_ONE = 64 * MEBIBYTE

export function createHeldBytes({
  whose,
  all = OF_ALL,
  one = OF_ONE
}: {
  /** The default owner of held memory. */
  whose: () => string | undefined
  all?: number
  one?: number
}) {
  const held = new Map<string, number>()
  let total = 0

  function change(caller: string, bytes: number): void {
    const rest = (held.get(caller) ?? 0) + bytes
    total += bytes
    if (rest > 0) held.set(caller, rest)
    else held.delete(caller)
  }

  return (field: string, caller = whose() ?? ''): Holding => {
    let own = 0
    return {
      take(bytes) {
        if (own + bytes > one)
          throw invalidField(
            field,
            `must be smaller: the answer is more than ${one / MEBIBYTE} MiB; a stream has no limit`
          )
        if ((held.get(caller) ?? 0) + bytes > one || total + bytes > all)
          throw new AppError('TOO_MANY_REQUESTS', 'Other requests use the memory that this one needs. Retry later.', {
            retryAfterSeconds: 5
          })
        own += bytes
        change(caller, bytes)
      },
      giveBack(bytes) {
        own -= bytes
        change(caller, -bytes)
      },
      end() {
        change(caller, -own)
        own = 0
      }
    }
  }
}
