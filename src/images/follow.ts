// A pull or push step by step: how it goes, then what came of it.

import type { TransferProgress } from '../engine/contract/images.ts'
import { createChannel, type Missed } from '../lib/channel.ts'

export type Step<T> = { progress: TransferProgress } | { result: T }

const QUEUE = 256

export async function* followTransfer<T>(
  start: (onProgress: (progress: TransferProgress) => void) => Promise<T>,
  signal: AbortSignal
): AsyncGenerator<Step<T> | Missed> {
  const steps = createChannel<Step<T>>(QUEUE)
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

export function viewProgress({ layer, status, currentBytes, totalBytes }: TransferProgress) {
  return { layer, status, current_bytes: currentBytes, total_bytes: totalBytes }
}
