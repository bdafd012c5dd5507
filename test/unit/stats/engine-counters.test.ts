// Recorded statistics of Docker 20.10 on cgroup v1, and the fields that other engines leave out.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { mapCounters } from '../../../src/engine/docker/map.ts'
import type { RawStats } from '../../../src/engine/docker/schemas/workloads.ts'

const FILE = join(import.meta.dirname, '../../fixtures/stats-docker-20.10.json')
const recorded = JSON.parse(readFileSync(FILE, 'utf8')) as { running: RawStats; ended: RawStats }
const { running } = recorded
const MIB = 1024 ** 2

const with_ = (given: RawStats): RawStats => ({ ...running, ...given })
const cpu = (given: RawStats['cpu_stats']) => with_({ cpu_stats: { ...running.cpu_stats, ...given } })

t.test('a running container on cgroup v1', async (t) => {
  t.strictSame(mapCounters(running), {
    cpuNs: 36_061_123,
    clockNs: 13_224_040_000_000 / 2,
    memoryUsage: 8_953_856,
    inactiveFile: 8 * MIB,
    cache: 8 * MIB,
    networks: { eth0: { rxBytes: 266, txBytes: 0 } },
    blockReadBytes: 0,
    blockWriteBytes: 0,
    pids: 1
  })
})

const NO_DATA: [why: string, raw: RawStats][] = [
  ['one that ended, as recorded: zeros everywhere', recorded.ended],
  ['only id and name', { id: 'a', name: '/b' } as RawStats],
  ['nothing', {}],
  ['no clock to measure the CPU by', cpu({ system_cpu_usage: 0 })],
  ['no memory', with_({ memory_stats: {} })]
]

for (const [why, raw] of NO_DATA) {
  t.test(`no data: ${why}`, async (t) => {
    t.equal(mapCounters(raw), undefined)
  })
}

const CLOCKS: [why: string, raw: RawStats, clockNs: number][] = [
  [
    'online_cpus counts, not the cores the machine could have',
    cpu({ cpu_usage: { percpu_usage: [1, 2, 0, 0] } }),
    6_612_020_000_000
  ],
  [
    'an engine without online_cpus counts its cores one by one',
    cpu({ online_cpus: 0, cpu_usage: { percpu_usage: [1, 2, 3, 4] } }),
    3_306_010_000_000
  ],
  ['neither', cpu({ online_cpus: 0, cpu_usage: { percpu_usage: null } }), 13_224_040_000_000]
]

for (const [why, raw, clockNs] of CLOCKS) {
  t.test(`the clock of one core: ${why}`, async (t) => {
    t.equal(mapCounters(raw)?.clockNs, clockNs)
  })
}

t.test('a container on cgroup v2 has other names and no figures for each core', async (t) => {
  const raw = with_({
    cpu_stats: { cpu_usage: { total_usage: 7 }, system_cpu_usage: 100, online_cpus: 4 },
    memory_stats: { usage: 100, stats: { anon: 10, file: 90, inactive_file: 60, active_file: 30 } },
    blkio_stats: {
      io_service_bytes_recursive: [
        { op: 'read', value: 4096 },
        { op: 'write', value: 1 },
        { op: 'write', value: 2 }
      ]
    }
  })
  t.match(mapCounters(raw), {
    cpuNs: 7,
    clockNs: 25,
    memoryUsage: 100,
    inactiveFile: 60,
    cache: 90,
    blockReadBytes: 4096,
    blockWriteBytes: 3
  })
})

t.test('block I/O, however the operations are spelled', async (t) => {
  for (const [read, write] of [
    ['Read', 'Write'],
    ['read', 'write'],
    ['READ', 'WRITE']
  ] as const) {
    const raw = with_({
      blkio_stats: {
        io_service_bytes_recursive: [
          { op: read, value: 4096 },
          { op: write, value: 8192 },
          { op: 'Total', value: 12_288 }
        ]
      }
    })
    t.match(mapCounters(raw), { blockReadBytes: 4096, blockWriteBytes: 8192 }, read)
  }
  t.match(mapCounters(with_({ blkio_stats: { io_service_bytes_recursive: null } })), { blockReadBytes: 0 })
})

t.test('several networks, and none', async (t) => {
  const networks = { eth0: { rx_bytes: 1, tx_bytes: 2 }, eth1: { rx_bytes: 3, tx_bytes: 4 } }
  t.strictSame(mapCounters(with_({ networks }))?.networks, {
    eth0: { rxBytes: 1, txBytes: 2 },
    eth1: { rxBytes: 3, txBytes: 4 }
  })
  const { networks: _none, ...without } = running
  t.strictSame(mapCounters(without)?.networks, {})
})
