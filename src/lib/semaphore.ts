/** Lets at most `limit` tasks run at once; the others wait in the order they came. */
export function createSemaphore(limit: number) {
  const waiting: (() => void)[] = []
  let running = 0

  return async function withPermit<T>(task: () => Promise<T>): Promise<T> {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
