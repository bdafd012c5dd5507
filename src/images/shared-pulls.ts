// Requests for the same image share one pull. It goes on when one of them goes away, and is stopped with the last.

import type { Transfer, TransferProgress } from '../engine/contract/images.ts'
import { cancellation } from '../errors.ts'

export type Follower = { signal: AbortSignal; onProgress?: Transfer['onProgress'] }
type Shared = { done: Promise<void>; stop: AbortController; followers: Set<Follower> }

export function createSharedPulls(start: (reference: string, follower: Required<Follower>) => Promise<void>) {
  const running = new Map<string, Shared>()

  function begin(reference: string, first: Follower): Shared {
    const stop = new AbortController()
    const followers = new Set([first])
    const onProgress = (progress: TransferProgress) => {
      for (const follower of followers) follower.onProgress?.(progress)
    }
    const forget = () => {
      if (running.get(reference) === shared) running.delete(reference)
    }
    const done = start(reference, { signal: stop.signal, onProgress }).finally(forget)
    // Those who wait are told; when nobody does, nobody has to be.
    done.catch(() => {})
    const shared = { done, stop, followers }
    running.set(reference, shared)
    return shared
  }

  return async function pull(reference: string, follower: Follower): Promise<void> {
    const { signal } = follower
    if (signal.aborted) throw cancellation(signal)
    const shared = running.get(reference) ?? begin(reference, follower)
    shared.followers.add(follower)
    let leave = () => {}
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => reject(cancellation(signal))
    })
    signal.addEventListener('abort', leave, { once: true })
    try {
      await Promise.race([shared.done, left])
    } finally {
      signal.removeEventListener('abort', leave)
      shared.followers.delete(follower)
      if (shared.followers.size === 0) {
        if (running.get(reference) === shared) running.delete(reference)
        shared.stop.abort()
      }
    }
  }
}
