// The source against the files of real machines with cgroup v2, as test/engines/cgroup-v2.sh records them: of a paused
// container, beside what its engine said of it.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { createCgroupSource } from '../../../src/stats/cgroup-source.ts'
import { container } from '../../helpers/records.ts'

type Recording = {
  kernel: string
  engine: string
  driver: string
  id: string
  path: string
  proc: { cgroup: string; 'net/dev': string }
  seenFromAContainer: string
  files: Record<string, string>
  stats: {
    cpu_stats: { cpu_usage: { total_usage: number } }
    memory_stats: { usage: number; stats: { inactive_file: number; file: number } }
    pids_stats: { current: number }
    blkio_stats: { io_service_bytes_recursive: { op: string; value: number }[] }
    networks: { eth0: { tx_bytes: number } }
  }
}

const PID = 4711
const recordings = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/cgroup-v2.json'), 'utf8')
) as Recording[]

for (const recording of recordings)
  for (const [where, shown] of [
    ['on the machine', recording.proc.cgroup],
    ['in a container', recording.seenFromAContainer]
  ] as const)
    t.test(`${recording.kernel}, Docker ${recording.engine}, ${recording.driver}, ${where}`, async (t) => {
      const root = t.testdir({ proc: {}, cgroup: {} })
      const write = (path: string, text: string) => {
        mkdirSync(dirname(join(root, path)), { recursive: true })
        writeFileSync(join(root, path), text)
      }
      write(`proc/${PID}/cgroup`, shown)
      write(`proc/${PID}/net/dev`, recording.proc['net/dev'])
      for (const [name, text] of Object.entries(recording.files)) write(join('cgroup', recording.path, name), text)

      const source = createCgroupSource({ procDir: join(root, 'proc'), cgroupDir: join(root, 'cgroup') })
      const { stats } = recording
      const moved = (op: string) => stats.blkio_stats.io_service_bytes_recursive.find((each) => each.op === op)?.value
      t.match(source.read(container({ id: recording.id, pid: PID })), {
        cpuNs: stats.cpu_stats.cpu_usage.total_usage,
        memoryUsage: stats.memory_stats.usage,
        inactiveFile: stats.memory_stats.stats.inactive_file,
        cache: stats.memory_stats.stats.file,
        pids: stats.pids_stats.current,
        blockReadBytes: moved('read'),
        blockWriteBytes: moved('write'),
        networks: { eth0: { txBytes: stats.networks.eth0.tx_bytes } }
      })
    })
