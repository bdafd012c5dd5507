// A bounded map of the latest values.

const MOST = 4096

/** Tells `dropped` the id that goes for a new one. */
export function createMemory<T>(dropped: (id: string) => void = () => {}) {
  const known = new Map<string, T>()
  return {
    get: (id: string): T | undefined => known.get(id),
    keep(id: string, value: T): T {
      known.set(id, value)
      const [oldest] = known.keys()
      if (known.size > MOST && oldest !== undefined && known.delete(oldest)) dropped(oldest)
      return value
    }
  }
}
