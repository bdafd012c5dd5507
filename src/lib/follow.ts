// A long task step by step: what it reports while it goes on, then what came of it.

import { createChannel, type Missed } from './channel.ts'

export type Step<P, T> = { progress: P } | { result: T }

const QUEUE = 256

export async function* follow<P, T>(
  start: (onProgress: (progress: P) => void) => Promise<T>,
  signal: AbortSignal
): AsyncGenerator<Step<P, T> | Missed> {
  const steps = createChannel<Step<P, T>>(QUEUE)
  const ended = new AbortController()
  const coming = steps.subscribe(AbortSignal.any([signal, ended.signal]))
  const done = start((progress) => steps.push({ progress })).then(
    (result) => steps.push({ result }),
    (error: unknown) => {
      ended.abort()
      throw error
    }
  )
  // It is awaited when the steps are over; until then nobody listens.
  done.catch(() => {})
  for await (const step of coming) {
    yield step
    if ('result' in step) return
  }
  await done
}
