type Turn = {
  /** Thrown when too many wait already. Without one the task waits all the same. */
  refusal?: (() => Error) | undefined
  /** Leaves the line when it aborts; a task that has begun is not ended by it. */
  signal?: AbortSignal | undefined
}

/** Lets at most `limit` tasks run at once; the others wait in the order they came, `most` of those that can be refused. */
export function createSemaphore(limit: number, most = Infinity) {
  const waiting = new Set<() => void>()
  let running = 0

  /** False when the signal came first. */
  function turn(signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = () => {
        waiting.delete(enter)
        resolve(false)
      }
      const enter = () => {
        waiting.delete(enter)
        signal?.removeEventListener('abort', leave)
        resolve(true)
      }
      waiting.add(enter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  return async function withPermit<T>(task: () => Promise<T>, { refusal, signal }: Turn = {}): Promise<T> {
    signal?.throwIfAborted()
    if (refusal && waiting.size >= most) throw refusal()
    if (running < limit) running++
    else if (!(await turn(signal))) signal?.throwIfAborted()
    try {
      return await task()
    } finally {
      const [next] = waiting
      if (next) next()
      else running--
    }
  }
}
