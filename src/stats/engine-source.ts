// Reads from the engine, one call at a time for each container. An answer takes the engine up to a second, so with many
// containers the samples are older than a second, and have their time.

import type { EngineWorkloads } from '../engine/contract/workloads.ts'
import type { Machine } from '../engine/machine/machine.ts'
import { createSemaphore } from '../lib/semaphore.ts'
import { sleep } from '../lib/sleep.ts'
import type { StatsSource } from './counters.ts'

// Each waits for the engine's next round of measurement, so this is also the number of samples per second.
const PARALLEL = 128
// An agent answers at once. At most 512 samples per second leave the server time for its callers.
const LEAST_MS = 250

export function createEngineSource({
  engine,
  machine
}: {
  engine: Pick<EngineWorkloads, 'containerCounters'>
  machine: Pick<Machine, 'hasCgroups'>
}): StatsSource {
  const inTurn = createSemaphore(PARALLEL)

  /** The next container waits for the rest of the time, this one does not. */
  function paced<T>(task: () => Promise<T>): Promise<T> {
    const answer = Promise.withResolvers<T>()
    void inTurn(async () => {
      const asked = task()
      answer.resolve(asked)
      await Promise.allSettled([asked, sleep(LEAST_MS)])
    })
    return answer.promise
  }

  return {
    name: 'engine',
    async read({ id }) {
      try {
        // Without cgroups the engine gives the figures of the whole machine as those of the container.
        if (!(await machine.hasCgroups())) return undefined
        const counters = await paced(() => engine.containerCounters(id))
        return counters && { ...counters, readAt: performance.now() }
      } catch {
        return undefined
      }
    },
    forget() {}
  }
}
