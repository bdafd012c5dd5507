type Turn = {
  /** Thrown if too many already wait. Without it the task waits anyway. */
  refusal?: (() => Error) | undefined
  /** Leaves the queue when it aborts; it does not stop a running task. */
  signal?: AbortSignal | undefined
  /** The caller. Each caller has its own queue, and the queues take turns. */
  whose?: string | undefined
}

const NOBODY = ''

/**
 * Runs at most `limit` tasks at once. The others are queued, in order for one caller, and callers take turns. At most
 * `most` refusable tasks are queued, divided among the waiting callers: a full queue blocks nobody else.
 */
export function createSemaphore(limit: number, most = Infinity) {
  const lines = new Map<string, Set<() => void>>()
  let running = 0

  function leaveLine(whose: string, enter: () => void): void {
    const line = lines.get(whose)
    line?.delete(enter)
    if (line?.size === 0) lines.delete(whose)
  }

  /** False if the signal came first. */
  function turn(whose: string, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = () => {
        leaveLine(whose, enter)
        resolve(false)
      }
      const enter = () => {
        leaveLine(whose, enter)
        signal?.removeEventListener('abort', leave)
        resolve(true)
      }
      const line = lines.get(whose) ?? new Set()
      lines.set(whose, line.add(enter))
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  function isFull(whose: string): boolean {
    const own = lines.get(whose)
    const callers = lines.size + (own ? 0 : 1)
    return (own?.size ?? 0) >= Math.ceil(most / callers)
  }

  /** The caller that has waited longest since its last turn goes first. */
  function next(): (() => void) | undefined {
    const [first] = lines
    if (!first) return undefined
    const [whose, line] = first
    const [enter] = line
    lines.delete(whose)
    if (line.size > 1) lines.set(whose, line)
    line.delete(enter as () => void)
    return enter
  }

  async function withPermit<T>(task: () => Promise<T>, { refusal, signal, whose = NOBODY }: Turn = {}): Promise<T> {
    signal?.throwIfAborted()
    if (refusal && running >= limit && isFull(whose)) throw refusal()
    if (running < limit) running++
    else if (!(await turn(whose, signal))) signal?.throwIfAborted()
    try {
      return await task()
    } finally {
      const enter = next()
      if (enter) enter()
      else running--
    }
  }

  return Object.assign(withPermit, {
    load: () => ({ running, waiting: [...lines.values()].reduce((total, line) => total + line.size, 0) })
  })
}
