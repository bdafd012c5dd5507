// The statistics of a task as its engine would write them, read from the kernel's files: no call to the engine, and no wait
// for its next round of measuring.

import { createCgroupSource } from '../stats/cgroup-source.ts'

/** A container and its first process, 0 if it has none. */
export type Task = { id: string; pid: number }
export type Figures = ReturnType<typeof createFigures>

export function createFigures(places: { procDir: string; cgroupDir: string }) {
  const source = createCgroupSource(places)

  /** Undefined if this process does not see the files, or if the task has no process. */
  function figuresOf({ id, pid }: Task) {
    const counters = pid > 0 ? source.read({ id, pid, hostNetwork: false }) : undefined
    if (!counters) return undefined
    const { cpuNs, memoryUsage, inactiveFile, cache, pids, networks, blockReadBytes, blockWriteBytes } = counters
    return {
      read: new Date().toISOString(),
      // The machine's clock, so that a replaced agent continues with it.
      cpu_stats: {
        cpu_usage: { total_usage: cpuNs },
        system_cpu_usage: Number(process.hrtime.bigint()),
        online_cpus: 1
      },
      memory_stats: { usage: memoryUsage, stats: { inactive_file: inactiveFile, file: cache } },
      pids_stats: { current: pids },
      networks: Object.fromEntries(
        Object.entries(networks).map(([name, { rxBytes, txBytes }]) => [name, { rx_bytes: rxBytes, tx_bytes: txBytes }])
      ),
      blkio_stats: {
        io_service_bytes_recursive: [
          { op: 'read', value: blockReadBytes },
          { op: 'write', value: blockWriteBytes }
        ]
      }
    }
  }

  return { of: figuresOf, forget: source.forget }
}
