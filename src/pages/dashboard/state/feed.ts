// Events of the server, once for all views: the latest ones, and each new one for listeners.

import { signal } from '@preact/signals'
import { follow } from '../api/stream.ts'
import type { BerthEvent } from '../../../client/api.ts'

/** Newest first. */
export const recent = signal<BerthEvent[]>([])
export const isConnected = signal(true)

type Listener = (event: BerthEvent) => void
const listeners = new Set<Listener>()
const KEPT = 300
const HOUR_MS = 3_600_000

/** Calls back for each event. `resync` means that some were missed. */
export function onEvent(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Views that read once at their start treat a new connection like a gap. */
export function startFeed(): void {
  const since = new Date(Date.now() - HOUR_MS).toISOString()
  follow(`/events?since=${since}`, {
    onOpen: () => (isConnected.value = true),
    onLost: () => (isConnected.value = false),
    onMessage(name, data) {
      const event = name === 'resync' ? { type: 'resync', time: new Date().toISOString() } : (data as BerthEvent)
      if (name !== 'resync') recent.value = [event, ...recent.value].slice(0, KEPT)
      for (const listener of listeners) listener(event)
    }
  })
}

/** Debounces: runs soon after the last call of a burst, but at least at that interval. */
export function soon(work: () => void, ms = 150): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined
      work()
    }, ms)
  }
}
