import t from 'tap'
import { makeSample, percentOf, ratesBetween, totalNetwork, workingSet } from '../../../src/stats/calculate.ts'
import { counters, SECOND_NS, type Counters } from '../../helpers/counters.ts'

type Case = { why: string; before?: Partial<Counters>; after: Partial<Counters>; expected: object | undefined }

const later = (seconds: number, given: Partial<Counters> = {}): Partial<Counters> => ({
  readAt: seconds * 1000,
  clockNs: seconds * SECOND_NS,
  ...given
})
const eth = (rxBytes: number, txBytes: number) => ({ eth0: { rxBytes, txBytes } })

const RATES: Case[] = [
  { why: 'idle', after: later(1), expected: { cpuPercent: 0, rxPerSecond: 0, txPerSecond: 0 } },
  { why: 'one busy core', after: later(1, { cpuNs: SECOND_NS }), expected: { cpuPercent: 100 } },
  { why: 'two busy cores', after: later(1, { cpuNs: 2 * SECOND_NS }), expected: { cpuPercent: 200 } },
  { why: 'half a core over two seconds', after: later(2, { cpuNs: SECOND_NS }), expected: { cpuPercent: 50 } },
  {
    why: 'the CPU figure has a clock of its own: an answer of the engine that came late',
    after: { readAt: 2_000, clockNs: SECOND_NS, cpuNs: SECOND_NS / 2, networks: eth(1_000, 0) },
    expected: { cpuPercent: 50, rxPerSecond: 500 }
  },
  {
    why: 'traffic and block I/O are per second',
    before: { networks: eth(100, 50), blockReadBytes: 4_096, blockWriteBytes: 0 },
    after: later(2, { networks: eth(300, 1_050), blockReadBytes: 4_096, blockWriteBytes: 8_192 }),
    expected: { rxPerSecond: 100, txPerSecond: 500, readPerSecond: 0, writePerSecond: 4_096 }
  },
  {
    why: 'a removed interface gives no negative traffic',
    before: { networks: { ...eth(100, 100), eth1: { rxBytes: 9_000, txBytes: 9_000 } } },
    after: later(1, { networks: eth(200, 200) }),
    expected: { rxPerSecond: 0, txPerSecond: 0 }
  },
  {
    why: 'reset block counters give no negative reading',
    before: { blockReadBytes: 9_000, blockWriteBytes: 9_000 },
    after: later(1),
    expected: { readPerSecond: 0, writePerSecond: 0 }
  },
  {
    why: 'no network at all',
    before: { networks: {} },
    after: later(1, { networks: {} }),
    expected: { rxPerSecond: 0, txPerSecond: 0 }
  },
  {
    why: 'CPU time that went backwards means another container',
    before: { cpuNs: 5 },
    after: later(1, { cpuNs: 4 }),
    expected: undefined
  },
  { why: 'no time passed', after: { cpuNs: 1 }, expected: undefined },
  { why: 'no time on the clock of the CPU figure', after: { readAt: 1_000, cpuNs: 1 }, expected: undefined },
  { why: 'time went backwards', before: later(2), after: later(1), expected: undefined },
  {
    why: 'a clock that stands still while time passes: two answers from the same reading of the engine',
    before: { clockNs: SECOND_NS },
    after: { readAt: 1_000, clockNs: SECOND_NS, cpuNs: 7 },
    expected: undefined
  },
  { why: 'CPU time that could not be read', after: later(1, { cpuNs: Number.NaN }), expected: undefined }
]

for (const { why, before = {}, after, expected } of RATES) {
  t.test(`rates: ${why}`, async (t) => {
    const rates = ratesBetween(counters(before), counters(after))
    if (expected) t.match(rates, expected)
    else t.equal(rates, undefined)
  })
}

const WORKING_SETS: [usage: number, inactiveFile: number, expected: number, why: string][] = [
  [100, 0, 100, 'nothing can be dropped'],
  [100, 40, 60, 'the page cache that can be dropped does not count'],
  [100, 99, 1, 'nearly all of it'],
  [100, 100, 100, 'all of it: the CLI shows the usage then'],
  [100, 140, 100, 'more than all, as kernels that count late say'],
  [0, 0, 0, 'nothing']
]

for (const [memoryUsage, inactiveFile, expected, why] of WORKING_SETS) {
  t.test(`working set: ${why}`, async (t) => {
    t.equal(workingSet({ memoryUsage, inactiveFile }), expected)
  })
}

const PERCENTS: [part: number, whole: number | null, expected: number | null, why: string][] = [
  [50, 200, 25, 'of a limit'],
  [300, 200, 150, 'above the limit'],
  [0, 200, 0, 'nothing'],
  [50, null, null, 'no limit'],
  [50, 0, null, 'a limit that is none']
]

for (const [part, whole, expected, why] of PERCENTS) {
  t.test(`percent: ${why}`, async (t) => {
    t.equal(percentOf(part, whole), expected)
  })
}

t.test('traffic of all interfaces together, whatever their names', async (t) => {
  const networks = { ...eth(1, 10), eth1: { rxBytes: 2, txBytes: 20 }, wg0: { rxBytes: 4, txBytes: 40 } }
  t.strictSame(totalNetwork({ networks }), { rxBytes: 7, txBytes: 70 })
  t.strictSame(totalNetwork({ networks: {} }), { rxBytes: 0, txBytes: 0 })
})

t.test('a sample has the levels of the later reading', async (t) => {
  const after = counters({ ...later(1), memoryUsage: 100, inactiveFile: 40, networks: eth(7, 8), pids: 3 })
  const sample = makeSample(counters(), after, 1_767_225_600_123, 'cgroup')
  t.match(sample, { sampledAt: 1_767_225_600_123, source: 'cgroup', memoryBytes: 60, rxBytes: 7, txBytes: 8 })
  t.equal(sample?.counters, after)
  t.equal(makeSample(after, after, 0, 'cgroup'), undefined)
})

t.test('no figure depends on the wall clock', async (t) => {
  const before = counters()
  const after = counters({ ...later(1), cpuNs: SECOND_NS / 4, networks: eth(1_000, 2_000) })
  const rates = [0, Date.now(), -1, 4e12].map((wall) => makeSample(before, after, wall, 'cgroup')?.rates)
  for (const found of rates) t.match(found, { cpuPercent: 25, rxPerSecond: 1_000, txPerSecond: 2_000 })
})
