// The sampler of figures on a clock that the test moves.

import { mock } from 'node:test'
import type { Test } from 'tap'
import type { ContainerRecord } from '../../src/engine/contract/containers.ts'
import type { SourceName, StatsSource } from '../../src/stats/counters.ts'
import { createSampler, SAMPLE_MS } from '../../src/stats/sampler.ts'
import { counters, SECOND_NS, type Counters } from './counters.ts'
import { fakeInventory } from './fake-inventory.ts'
import { container } from './records.ts'
import { turn } from './until.ts'

/** A source that returns the test's current reading, and records the calls. */
export function fakeSource(name: SourceName, read: StatsSource['read']) {
  const asked: string[] = []
  const forgotten: string[] = []
  return {
    name,
    asked,
    forgotten,
    read(record: ContainerRecord) {
      asked.push(record.name)
      return read(record)
    },
    forget: (id: string) => void forgotten.push(id)
  }
}

export function startableSampler(
  t: Test,
  { records = [container()], sources }: { records?: ContainerRecord[]; sources?: StatsSource[] } = {}
) {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const inventory = fakeInventory(records)
  const now = { seconds: 100, cpuNs: 0 }
  const steady = fakeSource('cgroup', () => at(now.seconds, { cpuNs: now.cpuNs }))
  const sampler = createSampler({ inventory, sources: sources ?? [steady] })
  t.teardown(() => sampler.stop())
  return {
    inventory,
    sampler,
    steady,
    now,
    /** Lets seconds pass, in each of which the container uses a quarter of a core. */
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        now.seconds++
        now.cpuNs += SECOND_NS / 4
        mock.timers.tick(SAMPLE_MS)
        await turn()
      }
    }
  }
}

/** A reading at that second of the monotonic clock. */
export function at(seconds: number, given: Partial<Counters> = {}): Counters {
  return counters({ readAt: seconds * 1000, clockNs: seconds * SECOND_NS, ...given })
}
