// Requests for the same image share one pull. It continues if one of them leaves, and stops with the last.

import type { Transfer, TransferProgress } from '../engine/contract/images.ts'
import { cancellation } from '../errors.ts'

export type Follower = { signal: AbortSignal; onProgress?: Transfer['onProgress'] }
type Shared = { done: Promise<void>; stop: AbortController; followers: Set<Follower> }

type Start = (life: Required<Follower>) => Promise<void>

export function createSharedPulls() {
  const running = new Map<string, Shared>()

  function begin(key: string, first: Follower, start: Start): Shared {
    const stop = new AbortController()
    const followers = new Set([first])
    const onProgress = (progress: TransferProgress) => {
      for (const follower of followers) follower.onProgress?.(progress)
    }
    const forget = () => {
      if (running.get(key) === shared) running.delete(key)
    }
    const done = start({ signal: stop.signal, onProgress }).finally(forget)
    // Waiting requests get the error; without any, it is not needed.
    done.catch(() => {})
    const shared = { done, stop, followers }
    running.set(key, shared)
    return shared
  }

  /** Requests with the same key share the pull that the first one starts. */
  return async function pull(key: string, follower: Follower, start: Start): Promise<void> {
    const { signal } = follower
    if (signal.aborted) throw cancellation(signal)
    const shared = running.get(key) ?? begin(key, follower, start)
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
        if (running.get(key) === shared) running.delete(key)
        shared.stop.abort()
      }
    }
  }
}
