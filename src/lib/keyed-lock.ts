type Options = {
  /** Leaves the queue when it aborts, with its reason; it does not stop a running task. */
  signal?: AbortSignal | undefined
  /** Goes to the front of the queue, and notifies the running task. */
  urgent?: (() => Error) | undefined
}
type Line = { hurry: AbortController; waiting: (() => void)[] }

/**
 * Runs tasks of the same key one after the other, in the order they came; different keys do not wait for each other.
 * A task gets a signal that aborts when an urgent one waits for it.
 */
export function createKeyedLock() {
  const lines = new Map<string, Line>()

  function turn(line: Line, { signal, urgent }: Options): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        line.waiting.splice(line.waiting.indexOf(enter), 1)
        reject(signal?.reason as Error)
      }
      const enter = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      if (urgent) line.waiting.unshift(enter)
      else line.waiting.push(enter)
      if (urgent) line.hurry.abort(urgent())
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  return async function locked<T>(
    key: string,
    task: (hurry: AbortSignal) => Promise<T>,
    options: Options = {}
  ): Promise<T> {
    options.signal?.throwIfAborted()
    const known = lines.get(key)
    const line = known ?? { hurry: new AbortController(), waiting: [] }
    lines.set(key, line)
    if (known) await turn(line, options)
    const { hurry } = line
    try {
      return await task(hurry.signal)
    } finally {
      line.hurry = new AbortController()
      const next = line.waiting.shift()
      if (next) next()
      else lines.delete(key)
    }
  }
}
