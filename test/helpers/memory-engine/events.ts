// The events of the engine, for every listener. The stream ends when the engine goes away.

import type { Engine } from '../../../src/engine/contract/engine.ts'
import type { EngineEvent } from '../../../src/engine/contract/watch.ts'
import type { Availability } from './availability.ts'
import type { State } from './state.ts'

export type Emit = ReturnType<typeof createEvents>['emit']

export function createEvents({ now }: State, { isAvailable, reach, calls: { onStatus } }: Availability) {
  const subscribers = new Set<{ queue: EngineEvent[]; wake: () => void }>()
  onStatus(() => {
    for (const { wake } of subscribers) wake()
  })

  return {
    emit(action: string, id: string, type: EngineEvent['type'] = 'container', attributes = {}): void {
      for (const { queue, wake } of subscribers) {
        queue.push({ type, action, id, attributes, timeNano: now() * 1e6 })
        wake()
      }
    },

    calls: {
      async events(_since, signal) {
        reach()
        const subscriber = { queue: [] as EngineEvent[], wake: () => {} }
        subscribers.add(subscriber)
        signal.addEventListener('abort', () => subscriber.wake(), { once: true })
        return (async function* () {
          try {
            while (isAvailable() && !signal.aborted) {
              const event = subscriber.queue.shift()
              if (event) yield event
              else await new Promise<void>((resolve) => (subscriber.wake = resolve))
            }
          } finally {
            subscribers.delete(subscriber)
          }
        })()
      }
    } satisfies Partial<Engine>
  }
}
