// Readings of a container, with defaults for fields that a test does not set.

import type { Counters } from '../../src/stats/counters.ts'

export type { Counters }
export const SECOND_NS = 1e9

export function counters(given: Partial<Counters> = {}): Counters {
  return {
    readAt: 0,
    cpuNs: 0,
    clockNs: 0,
    memoryUsage: 0,
    inactiveFile: 0,
    cache: 0,
    networks: { eth0: { rxBytes: 0, txBytes: 0 } },
    blockReadBytes: 0,
    blockWriteBytes: 0,
    pids: 1,
    ...given
  }
}
