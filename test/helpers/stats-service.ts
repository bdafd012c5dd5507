// The figures of containers on a clock that the test moves.

import { mock } from 'node:test'
import { ANYBODY } from '../../src/access/caller.ts'
import type { Test } from 'tap'
import type { ContainerRecord } from '../../src/engine/contract/containers.ts'
import { createSampler, SAMPLE_MS } from '../../src/stats/sampler.ts'
import { createStatsService, type Followed } from '../../src/stats/service.ts'
import { counters, SECOND_NS } from './counters.ts'
import { fakeInventory } from './fake-inventory.ts'
import { container } from './records.ts'
import { turn } from './until.ts'

export const MIB = 1024 ** 2

/** A service whose containers use a quarter of a core, and one MiB more each second. */
export function statsService(
  t: Test,
  records: ContainerRecord[] = [container()],
  machineBytes: number | null = 64 * MIB
) {
  mock.timers.enable({ apis: ['setTimeout'] })
  const inventory = fakeInventory(records)
  // The clock's start depends on the machine, and history is requested by its time.
  const start = performance.now() - 1_000_000
  let seconds = 0
  const sampler = createSampler({
    inventory,
    sources: [
      {
        name: 'cgroup',
        read: () =>
          counters({
            readAt: start + seconds * 1000,
            clockNs: seconds * SECOND_NS,
            cpuNs: (seconds * SECOND_NS) / 4,
            memoryUsage: seconds * MIB
          }),
        forget() {}
      }
    ]
  })
  const stats = createStatsService({ inventory, sampler, machine: { memoryBytes: () => machineBytes ?? undefined } })
  const end = new AbortController()
  t.teardown(() => {
    end.abort()
    sampler.stop()
    mock.timers.reset()
  })
  return {
    inventory,
    stats,
    end,
    async pass(count = 1) {
      for (let passed = 0; passed < count; passed++) {
        if (seconds === 0) sampler.start()
        seconds++
        mock.timers.tick(SAMPLE_MS)
        await turn()
      }
    },
    /** A round right after another, as if the machine had delayed the previous one: there is nothing new to read. */
    async again() {
      mock.timers.tick(SAMPLE_MS)
      await turn()
    },
    open: (after?: number) => reader(stats.stream(ANYBODY, 'web', after, end.signal)),
    openAll: () => reader(stats.streamAll(ANYBODY, end.signal))
  }
}

/** Reads in the background; `take` returns the items so far. `read` is delayed for a slow reader. */
function reader<T>(source: AsyncGenerator<T>) {
  const first = source.next()
  const events: T[] = []
  let ended = false
  const read = async () => {
    for (let step = await first; !step.done; step = await source.next()) events.push(step.value)
    ended = true
  }
  return {
    read: () => void read(),
    hasEnded: () => ended,
    take: async () => {
      await turn()
      return events.splice(0)
    }
  }
}

export const mebibytes = (items: Followed[]) =>
  items.map((item) => ('stats' in item ? item.stats.memory_bytes / MIB : 0))
export const kinds = (items: object[]) =>
  items.map((item) => ['stats', 'history', 'ended', 'missed'].find((kind) => kind in item))
