// The minimum pace of a copy. An engine locks the container while a path of it is read or written, and answers no other call
// about it meanwhile. So clients that take or send almost nothing are disconnected.

import { AppError } from '../errors.ts'

type Pace = { bytes: number; withinMs: number }

const LEAST: Pace = { bytes: 256 * 1024, withinMs: 60_000 }

/** For outgoing data. Its signal aborts the read if the client takes nothing. */
export function paceOf(signal: AbortSignal, least = LEAST) {
  const slow = new AbortController()
  const watch = createWatch(least)

  async function* taken(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of content) {
      watch.wait(() => slow.abort(tooSlow(least)))
      try {
        yield piece
      } finally {
        watch.stop()
      }
      watch.pass(piece.length)
    }
  }
  return { signal: AbortSignal.any([signal, slow.signal]), taken }
}

/** Incoming data. Fails if its sender is too slow. */
export async function* arriving(content: AsyncIterable<Buffer>, least = LEAST): AsyncGenerator<Buffer> {
  const pieces = content[Symbol.asyncIterator]()
  const watch = createWatch(least)
  let isOver = false
  try {
    for (;;) {
      // A new one each time: a promise keeps every race that it took part in.
      const late = Promise.withResolvers<never>()
      watch.wait(() => late.reject(tooSlow(least)))
      isOver = true
      const { value, done } = await Promise.race([pieces.next(), late.promise]).finally(watch.stop)
      if (done) return
      isOver = false
      watch.pass(value.length)
      yield value
    }
  } finally {
    // An awaited one would never return.
    if (!isOver) await pieces.return?.()
  }
}

/** Counts only the time spent waiting for the other side. */
function createWatch({ bytes, withinMs }: Pace) {
  let passedBytes = 0
  let waitedMs = 0
  let since = 0
  let timer: NodeJS.Timeout | undefined

  return {
    wait(onLate: () => void): void {
      since = performance.now()
      timer = setTimeout(onLate, withinMs - waitedMs)
    },
    stop(): void {
      clearTimeout(timer)
      waitedMs += performance.now() - since
    },
    pass(length: number): void {
      passedBytes += length
      if (passedBytes < bytes) return
      passedBytes = 0
      waitedMs = 0
    }
  }
}

function tooSlow({ bytes, withinMs }: Pace): AppError {
  return new AppError(
    'REQUEST_TIMEOUT',
    `A copy must transfer at least ${bytes / 1024} KiB in ${withinMs / 1000} seconds, since it locks the container in the engine.`
  )
}
