/** Replaces the items that a slow reader missed. */
export type Missed = { missed: number }

/** One writer, many readers. A slow reader never blocks the writer: it loses unread items, and gets their number. */
export function createChannel<T extends object>(capacity: number) {
  type Reader = { queue: T[]; missed: number; wake: () => void }
  const readers = new Set<Reader>()

  return {
    get hasReaders(): boolean {
      return readers.size > 0
    },

    push(item: T): void {
      for (const reader of readers) {
        if (reader.queue.length === capacity) reader.missed += reader.queue.splice(0).length
        reader.queue.push(item)
        reader.wake()
      }
    },

    /** Registered when called, not when first read, so that nothing is lost in between. Ends when the signal aborts. */
    subscribe(signal: AbortSignal): AsyncIterable<T | Missed> {
      const reader: Reader = { queue: [], missed: 0, wake: () => {} }
      const leave = () => {
        readers.delete(reader)
        reader.wake()
      }
      if (!signal.aborted) {
        readers.add(reader)
        signal.addEventListener('abort', leave, { once: true })
      }
      async function* read() {
        try {
          while (!signal.aborted) {
            if (reader.missed > 0) {
              const { missed } = reader
              reader.missed = 0
              yield { missed }
            }
            const item = reader.queue.shift()
            // Not a race with the signal: a promise that lives as long as the reader would remember every race.
            if (item) yield item
            else await new Promise<void>((resolve) => (reader.wake = resolve))
          }
        } finally {
          signal.removeEventListener('abort', leave)
          leave()
        }
      }
      return read()
    }
  }
}
