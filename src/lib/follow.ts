// A long task as a stream: its progress, then its result.

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
  // It is awaited after the steps; until then its error must not count as unhandled.
  done.catch(() => {})
  for await (const step of coming) {
    yield step
    if ('result' in step) return
  }
  await done
}
