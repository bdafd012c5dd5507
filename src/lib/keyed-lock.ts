/** Runs tasks of the same key one after the other, in the order they came; different keys do not wait for each other. */
export function createKeyedLock() {
  const tails = new Map<string, Promise<unknown>>()

  return async function locked<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = tails.get(key) ?? Promise.resolve()
    const run = before.then(task, task)
    const tail = run.catch(() => {})
    tails.set(key, tail)
    try {
      return await run
    } finally {
      if (tails.get(key) === tail) tails.delete(key)
    }
  }
}
