/**
 * Lets at most `limit` tasks run at once; the others wait in the order they came. When `most` wait already, a task that
 * brings a refusal is refused with it.
 */
export function createSemaphore(limit: number, most = Infinity) {
  const waiting: (() => void)[] = []
  let running = 0

  return async function withPermit<T>(task: () => Promise<T>, refusal?: () => Error): Promise<T> {
    if (refusal && waiting.length >= most) throw refusal()
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
