import { mock } from 'node:test'
import t, { type Test } from 'tap'
import type { ContainerRecord } from '../../../src/engine/contract/containers.ts'
import type { SourceName, StatsSource } from '../../../src/stats/counters.ts'
import { createSampler, HISTORY_SAMPLES, isMeasured, SAMPLE_MS } from '../../../src/stats/sampler.ts'
import { counters, SECOND_NS, type Counters } from '../../helpers/counters.ts'
import { fakeInventory } from '../../helpers/fake-inventory.ts'
import { container } from '../../helpers/records.ts'
import { until } from '../../helpers/until.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A source that reads whatever the test last said, and keeps count. */
function fakeSource(name: SourceName, read: StatsSource['read']) {
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

function setUp(
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

/** A reading at that second of the clock that never jumps. */
function at(seconds: number, given: Partial<Counters> = {}): Counters {
  return counters({ readAt: seconds * 1000, clockNs: seconds * SECOND_NS, ...given })
}

t.test('one sample a second, the first when there are two readings', async (t) => {
  const { sampler, pass, steady } = setUp(t)
  const { id } = container()
  sampler.start()
  t.equal(sampler.latest(id), undefined, 'one reading says nothing')
  t.notOk(sampler.isCurrent(container()))
  await pass(1)
  t.match(sampler.latest(id), { source: 'cgroup', rates: { cpuPercent: 25 } })
  t.ok(sampler.isCurrent(container()))
  await pass(4)
  t.equal(sampler.history(id).length, 5)
  t.equal(steady.asked.length, 6)
  t.strictSame(
    sampler.history(id).map(({ readAt }) => readAt / 1000),
    [101, 102, 103, 104, 105],
    'oldest first'
  )
})

t.test('five minutes are kept', async (t) => {
  const { sampler, pass } = setUp(t)
  sampler.start()
  await pass(HISTORY_SAMPLES + 20)
  const kept = sampler.history(container().id)
  t.equal(kept.length, 300)
  t.strictSame([kept[0]?.readAt, kept.at(-1)?.readAt], [121_000, 420_000])
})

const STATES: [state: ContainerRecord['state'], measured: boolean][] = [
  ['created', false],
  ['running', true],
  ['paused', true],
  ['restarting', false],
  ['removing', false],
  ['exited', false],
  ['dead', false]
]

for (const [state, measured] of STATES) {
  t.test(`a container that is ${state} is ${measured ? '' : 'not '}measured`, async (t) => {
    const { sampler, pass } = setUp(t, { records: [container({ state })] })
    sampler.start()
    await pass(2)
    t.equal(isMeasured(container({ state })), measured)
    t.equal(sampler.latest(container().id) !== undefined, measured)
  })
}

t.test('a container that starts has its baseline at once and its first sample within a second', async (t) => {
  const { sampler, inventory, pass, now, steady } = setUp(t, { records: [] })
  sampler.start()
  await pass(1)
  now.seconds += 0.4
  inventory.put(container())
  t.equal(steady.asked.length, 1)
  now.seconds -= 0.4
  await pass(1)
  t.match(sampler.latest(container().id), { rates: { cpuPercent: 25 / 0.6 } })
})

t.test('two readings that lie too close together are no sample, and the first stays the baseline', async (t) => {
  const { sampler, inventory, pass, now } = setUp(t, { records: [] })
  sampler.start()
  await pass(1)
  now.seconds += 0.99
  inventory.put(container())
  now.seconds -= 0.99
  await pass(1)
  t.equal(sampler.latest(container().id), undefined, 'after ten milliseconds')
  await pass(1)
  t.match(sampler.latest(container().id), { rates: { cpuPercent: 50 / 1.01 } })
})

t.test('a restarted container starts from a new baseline', async (t) => {
  const { sampler, inventory, pass, now, steady } = setUp(t)
  const again = container({ startedAt: '2026-01-01T00:05:00Z' })
  sampler.start()
  await pass(3)
  // Busier in its first moment than all its life before: the difference is not negative, and still no figure.
  now.cpuNs += 5 * SECOND_NS
  now.seconds += 0.5
  inventory.put(again)
  t.equal(steady.asked.length, 5, 'read at once')
  t.notOk(sampler.isCurrent(again), 'what was measured before is not what it uses now')
  now.seconds -= 0.5
  await pass(1)
  t.ok(sampler.isCurrent(again))
  t.match(sampler.latest(again.id), { rates: { cpuPercent: 50 } })
  t.equal(sampler.history(again.id).length, 4, 'the time before the restart is remembered')
  t.ok(
    sampler.history(again.id).every(({ cpuPercent }) => cpuPercent <= 50),
    'and nothing was counted across it'
  )
})

t.test('counters that go backwards without a restart are no sample', async (t) => {
  const { sampler, pass, now } = setUp(t)
  sampler.start()
  await pass(2)
  now.cpuNs = -SECOND_NS
  await pass(1)
  t.equal(sampler.history(container().id).length, 2)
  t.notOk(sampler.isCurrent(container()), 'and the last one is not current any more')
  await pass(1)
  t.ok(sampler.isCurrent(container()))
})

t.test('a container that dies between two samples', async (t) => {
  let alive = true
  const { sampler, inventory, pass, now } = setUp(t, {
    sources: [fakeSource('cgroup', () => (alive ? at(now.seconds) : undefined))]
  })
  sampler.start()
  await pass(2)
  alive = false
  await pass(3)
  t.equal(sampler.history(container().id).length, 2, 'nothing is invented')
  const ended = container({ state: 'exited', pid: null })
  inventory.put(ended)
  await pass(1)
  t.notOk(sampler.isCurrent(ended))
  t.equal(sampler.history(container().id).length, 2)

  alive = true
  const again = container({ startedAt: '2026-01-01T00:09:00Z' })
  inventory.put(again)
  await pass(1)
  t.ok(sampler.isCurrent(again))
  t.equal(sampler.history(container().id).length, 3)
})

t.test('a removed container is forgotten everywhere', async (t) => {
  const { sampler, inventory, pass, steady } = setUp(t)
  const { id } = container()
  sampler.start()
  await pass(2)
  inventory.removed(id)
  await pass(2)
  t.equal(sampler.latest(id), undefined)
  t.strictSame(sampler.history(id), [])
  t.strictSame(steady.forgotten, [id])
  t.equal(steady.asked.length, 3)
})

t.test('a slow source is not asked again before it has answered', async (t) => {
  const answers: ((counters: Counters | undefined) => void)[] = []
  const slow = fakeSource('engine', () => new Promise((resolve) => answers.push(resolve)))
  const { sampler, pass } = setUp(t, { sources: [slow] })
  sampler.start()
  await pass(5)
  t.equal(slow.asked.length, 1)
  answers[0]?.(at(105))
  await turn()
  await pass(3)
  t.equal(slow.asked.length, 2)
  answers[1]?.(at(108, { cpuNs: 3 * SECOND_NS }))
  await turn()
  t.match(sampler.latest(container().id), { source: 'engine', rates: { cpuPercent: 100 } })
})

t.test('nor is a slow source after one that fails slowly', async (t) => {
  const failing = fakeSource('cgroup', async () => undefined)
  const slow = fakeSource('engine', () => new Promise(() => {}))
  const { sampler, pass } = setUp(t, { sources: [failing, slow] })
  sampler.start()
  await pass(5)
  t.strictSame([failing.asked.length, slow.asked.length], [1, 1])
})

t.test('a slow container does not hold up the others', async (t) => {
  const records = [container({ name: 'slow' }), container({ name: 'quick' })]
  const source = fakeSource('engine', ({ name }) =>
    name === 'slow' ? new Promise(() => {}) : Promise.resolve(at(now.seconds))
  )
  const { sampler, pass, now } = setUp(t, { records, sources: [source] })
  sampler.start()
  await turn()
  await pass(4)
  t.equal(source.asked.filter((name) => name === 'quick').length, 5)
})

t.test('the second source is used for what the first cannot read', async (t) => {
  const records = [container({ name: 'ours' }), container({ name: 'elsewhere' })]
  const files = fakeSource('cgroup', ({ name }) => (name === 'ours' ? at(now.seconds) : undefined))
  const engine = fakeSource('engine', async () => at(now.seconds))
  const { sampler, pass, now } = setUp(t, { records, sources: [files, engine] })
  sampler.start()
  await pass(2)
  t.match(sampler.latest(container({ name: 'ours' }).id), { source: 'cgroup' })
  t.match(sampler.latest(container({ name: 'elsewhere' }).id), { source: 'engine' })
  t.ok(
    engine.asked.every((name) => name === 'elsewhere'),
    'and only for that'
  )
})

t.test('no sample lies between readings of two sources: their clocks have nothing in common', async (t) => {
  let files = true
  // The engine counts from the start of the machine, days ago; ours from the start of this process.
  const engine = fakeSource('engine', async () =>
    at(now.seconds, { clockNs: now.seconds * SECOND_NS + 864e12, cpuNs: now.cpuNs })
  )
  const cgroup = fakeSource('cgroup', () => (files ? at(now.seconds, { cpuNs: now.cpuNs }) : undefined))
  const { sampler, pass, now } = setUp(t, { sources: [cgroup, engine] })
  sampler.start()
  const sources: (string | undefined)[] = []
  for (const [readable, seconds] of [
    [true, 2],
    [false, 3],
    [true, 3]
  ] as const) {
    files = readable
    await pass(seconds)
    sources.push(sampler.latest(container().id)?.source)
  }
  t.strictSame(sources, ['cgroup', 'engine', 'cgroup'])
  t.strictSame(
    sampler.history(container().id).map(({ cpuPercent }) => Math.round(cpuPercent)),
    [25, 25, 25, 25, 25, 25],
    'each change of source costs one sample'
  )
})

t.test('an answer that comes after a restart or a removal is not kept', async (t) => {
  for (const what of ['restart', 'removal']) {
    await t.test(what, async (t) => {
      const answers: ((counters: Counters | undefined) => void)[] = []
      const slow = fakeSource('engine', () => new Promise((resolve) => answers.push(resolve)))
      const { sampler, inventory, pass } = setUp(t, { sources: [slow] })
      const { id } = container()
      sampler.start()
      answers[0]?.(at(100))
      await turn()
      await pass(1)
      if (what === 'removal') inventory.removed(id)
      else inventory.put(container({ startedAt: '2026-01-01T00:05:00Z' }))
      answers[1]?.(at(101))
      await turn()
      t.strictSame(sampler.history(id), [])
    })
  }
})

t.test('many containers are read in slices, and what happens in between is seen', async (t) => {
  const records = Array.from({ length: 100 }, (_, n) => container({ name: `c${n}` }))
  const { sampler, inventory, steady } = setUp(t, { records })
  const [first, last] = [records[0] as ContainerRecord, records[99] as ContainerRecord]
  sampler.start()
  t.ok(steady.asked.length < 100, 'other work has its turn')
  inventory.removed(last.id)
  await until(() => steady.asked.length >= 99)
  await turn()
  t.equal(steady.asked.length, 99)
  t.notOk(steady.asked.includes(last.name), 'what was removed is not read')
  t.ok(steady.asked.includes(first.name))
})

t.test('those who wait for a sample are told after each round, until they leave', async (t) => {
  const { sampler, pass } = setUp(t)
  const seen: (number | undefined)[] = []
  const leave = sampler.onTick(() => seen.push(sampler.history(container().id).length))
  sampler.start()
  await pass(2)
  leave()
  await pass(2)
  t.strictSame(seen, [0, 1, 2])
})

t.test('it ends when it is stopped, also in the middle of a round', async (t) => {
  const records = Array.from({ length: 40 }, (_, n) => container({ name: `c${n}` }))
  const { sampler, pass, steady } = setUp(t, { records })
  sampler.start()
  sampler.stop()
  await pass(3)
  t.ok(steady.asked.length <= 40)
})
