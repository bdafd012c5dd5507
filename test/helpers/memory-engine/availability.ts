// The availability of the engine: a test can let it go away and come back.

import type { EngineStatus } from '../../../src/engine/contract/availability.ts'
import type { Engine } from '../../../src/engine/contract/engine.ts'
import { AppError } from '../../../src/errors.ts'
import { START } from './state.ts'

export type Availability = ReturnType<typeof createAvailability>

const ADDRESS = 'unix:///fake.sock'
const REASON = 'nobody listens'

export function createAvailability() {
  const waiters = new Set<() => void>()
  const watchers = new Set<(status: EngineStatus) => void>()
  let available = true

  function status(): EngineStatus {
    return available
      ? { available, address: ADDRESS, source: 'test', name: 'Memory Engine', version: '1.0', apiVersion: '1.41' }
      : { available, address: ADDRESS, reason: REASON, since: START }
  }

  function tell(): void {
    for (const watcher of watchers) watcher(status())
  }

  return {
    isAvailable: () => available,

    /** Every call to the engine begins with it. */
    reach(): void {
      if (!available) throw new AppError('ENGINE_UNAVAILABLE', `The engine does not answer (${REASON}).`)
    },

    goAway(): void {
      available = false
      tell()
    },

    comeBack(): void {
      available = true
      for (const resolve of waiters) resolve()
      waiters.clear()
      tell()
    },

    calls: {
      status,
      figures: () => ({ running: 0, waiting: 0, calls: {} }),
      onStatus: (watcher) => void watchers.add(watcher),

      async whenAvailable(signal) {
        while (!available) {
          signal.throwIfAborted()
          await new Promise<void>((resolve) => {
            waiters.add(resolve)
            signal.addEventListener('abort', () => resolve(), { once: true })
          })
        }
      }
    } satisfies Partial<Engine>
  }
}
