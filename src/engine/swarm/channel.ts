// Joins items of several sources into one sequence, which is read once.

export function createChannel<T>() {
  const waiting: T[] = []
  let outcome: { error?: unknown } | undefined
  let wake = () => {}

  function end(given: { error?: unknown }): void {
    outcome ??= given
    wake()
  }

  async function* items(): AsyncGenerator<T> {
    for (;;) {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) yield item
      if (outcome && 'error' in outcome) throw outcome.error
      if (outcome) return
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }

  return {
    items: items(),
    push(item: T): void {
      waiting.push(item)
      wake()
    },
    end: (): void => end({}),
    fail: (error: unknown): void => end({ error })
  }
}
