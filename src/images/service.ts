// Finding the image a container is made from, and fetching it when it is not there.

import type { Engine, ImageRecord } from '../engine/engine.ts'
import { AppError, cancellation, isAppError } from '../errors.ts'

export type PullPolicy = 'missing' | 'always' | 'never'

export function createImageService({
  engine,
  onImagesChanged
}: {
  engine: Pick<Engine, 'inspectImage' | 'pullImage'>
  onImagesChanged: (watcher: () => void) => void
}) {
  // What an image exposes is asked for at every create; the engine says when any image changes.
  const known = new Map<string, ImageRecord>()
  const pulls = new Map<string, Promise<void>>()
  onImagesChanged(() => known.clear())

  async function inspect(reference: string): Promise<ImageRecord | undefined> {
    const cached = known.get(reference)
    if (cached) return cached
    try {
      const image = await engine.inspectImage(reference)
      known.set(reference, image)
      return image
    } catch (error) {
      if (isAppError(error, 'IMAGE_NOT_FOUND')) return undefined
      throw error
    }
  }

  /** Requests for the same image share one pull; it goes on for the others when one of them goes away. */
  async function pull(reference: string, signal: AbortSignal): Promise<void> {
    const running = pulls.get(reference) ?? engine.pullImage(reference).finally(() => pulls.delete(reference))
    pulls.set(reference, running)
    known.delete(reference)
    await Promise.race([running, cancelled(signal)])
  }

  return {
    async find(reference: string, policy: PullPolicy, signal: AbortSignal): Promise<ImageRecord> {
      const present = policy === 'always' ? undefined : await inspect(reference)
      if (present) return present
      if (policy === 'never') {
        throw new AppError('IMAGE_NOT_FOUND', `The image ${reference} is not on this machine, and pull is "never".`)
      }
      await pull(reference, signal)
      const pulled = await inspect(reference)
      if (!pulled) throw new AppError('IMAGE_NOT_FOUND', `The image ${reference} was pulled but cannot be found.`)
      return pulled
    }
  }
}

function cancelled(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(cancellation(signal))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
