// A stream of server-sent events that a test waits on.

import { readEvents, type ServerEvent } from './events.ts'

const LIMIT_MS = 60_000

/** Reads until the stream or the server ends. `events` has all events so far. */
export function follow(url: string, options: { lastEventId?: string | undefined; most?: number } = {}) {
  const events: ServerEvent[] = []
  const times: number[] = []
  const waiting = new Set<() => void>()
  const ended = readEvents(url, {
    ...options,
    onEvent(event) {
      events.push(event)
      times.push(performance.now())
      for (const look of waiting) look()
    }
  })
  ended.catch(() => {})

  return {
    events,
    /** The arrival time of each, on the monotonic clock. */
    times,
    ended,

    /** The first event of the kind from now on, or since the first `from` events. */
    next(isIt: (event: ServerEvent) => boolean, from = events.length): Promise<ServerEvent> {
      return new Promise((resolve, reject) => {
        const stop = (settle: () => void) => {
          clearTimeout(limit)
          waiting.delete(look)
          settle()
        }
        const look = () => {
          const found = events.slice(from).find(isIt)
          if (found) stop(() => resolve(found))
        }
        const limit = setTimeout(
          () => stop(() => reject(new Error(`${isIt} did not come; what came: ${JSON.stringify(events.slice(from))}`))),
          LIMIT_MS
        )
        waiting.add(look)
        look()
      })
    },

    /** Resolves when that many are there. */
    async count(many: number): Promise<ServerEvent[]> {
      if (events.length < many) await this.next(() => events.length >= many, 0)
      return events.slice(0, many)
    }
  }
}
