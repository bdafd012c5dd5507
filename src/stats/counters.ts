import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { ContainerCounters } from '../engine/contract/workloads.ts'

/** One reading, with the monotonic time of it in milliseconds. */
export type Counters = ContainerCounters & { readAt: number }

export type SourceName = 'cgroup' | 'engine'

export type StatsSource = {
  readonly name: SourceName
  /** Undefined if the container cannot be read, for instance because it has just ended. */
  read(record: ContainerRecord): Counters | undefined | Promise<Counters | undefined>
  forget(id: string): void
}
