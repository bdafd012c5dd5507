// A pull or push as a stream of events: how it goes, then what came of it.

import type { TransferProgress } from '../engine/contract/images.ts'
import type { StreamEvent } from '../http/streams.ts'
import { createChannel } from '../lib/channel.ts'

type Step = TransferProgress | { result: unknown }

const QUEUE = 256

export async function* followTransfer<T>(
  start: (onProgress: (progress: TransferProgress) => void) => Promise<T>,
  signal: AbortSignal
): AsyncGenerator<StreamEvent> {
  const steps = createChannel<Step>(QUEUE)
  const ended = new AbortController()
  const coming = steps.subscribe(AbortSignal.any([signal, ended.signal]))
  const done = start((progress) => steps.push(progress)).then(
    (result) => steps.push({ result }),
    (error: unknown) => {
      ended.abort()
      throw error
    }
  )
  // It is awaited when the steps are over; until then nobody listens.
  done.catch(() => {})
  for await (const step of coming) {
    if ('missed' in step) yield { event: 'gap', data: { missed: step.missed } }
    else if ('result' in step) {
      yield { event: 'result', data: step.result }
      yield { event: 'end', data: { reason: 'completed' } }
      return
    } else {
      const { layer, status, currentBytes, totalBytes } = step
      yield { event: 'progress', data: { layer, status, current_bytes: currentBytes, total_bytes: totalBytes } }
    }
  }
  await done
}
