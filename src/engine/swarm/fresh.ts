// A read that serves all callers within a moment.

/** A failed read serves only its own caller. */
export function createFresh<T>(read: () => Promise<T>, maxAgeMs: number) {
  let last: { at: number; value: Promise<T> } | undefined

  function renew(): Promise<T> {
    const value = read()
    const own = { at: performance.now(), value }
    last = own
    value.catch(() => {
      if (last === own) last = undefined
    })
    return value
  }

  return {
    get: (): Promise<T> => (last && performance.now() - last.at < maxAgeMs ? last.value : renew()),
    renew
  }
}
