// Counts invalid tokens per address. Bounded, so that many addresses cannot fill the memory.

const WINDOW_MS = 60_000
const MAX_ADDRESSES = 10_000

export function createFailedLogins({ limit, now = Date.now }: { limit: number; now?: () => number }) {
  const counts = new Map<string, { count: number; until: number }>()

  return {
    /** Counts one, and returns the seconds to wait if there were too many. */
    add(address: string): number | undefined {
      const time = now()
      const known = counts.get(address)
      if (known && known.until > time) {
        known.count++
        return known.count > limit ? Math.ceil((known.until - time) / 1000) : undefined
      }
      counts.delete(address)
      // Drops the oldest: entries are in the order of their windows.
      const [oldest] = counts.keys()
      if (counts.size >= MAX_ADDRESSES && oldest !== undefined) counts.delete(oldest)
      counts.set(address, { count: 1, until: time + WINDOW_MS })
      return undefined
    }
  }
}
