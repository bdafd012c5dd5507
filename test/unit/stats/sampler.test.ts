import t from 'tap'
import type { ContainerRecord } from '../../../src/engine/contract/containers.ts'
import { HISTORY_SAMPLES, isMeasured } from '../../../src/stats/sampler.ts'
import { SECOND_NS } from '../../helpers/counters.ts'
import { container } from '../../helpers/records.ts'
import { at, fakeSource, startableSampler } from '../../helpers/sampler.ts'
import { turn, until } from '../../helpers/until.ts'

t.test('one sample per second, the first after two readings', async (t) => {
  const { sampler, pass, steady } = startableSampler(t)
  const { id } = container()
  sampler.start()
  t.equal(sampler.latest(id), undefined, 'one reading makes no sample')
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
  const { sampler, pass } = startableSampler(t)
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
    const { sampler, pass } = startableSampler(t, { records: [container({ state })] })
    sampler.start()
    await pass(2)
    t.equal(isMeasured(container({ state })), measured)
    t.equal(sampler.latest(container().id) !== undefined, measured)
  })
}

t.test('a container that starts has its baseline at once and its first sample within a second', async (t) => {
  const { sampler, inventory, pass, now, steady } = startableSampler(t, { records: [] })
  sampler.start()
  await pass(1)
  now.seconds += 0.4
  inventory.put(container())
  t.equal(steady.asked.length, 1)
  now.seconds -= 0.4
  await pass(1)
  t.match(sampler.latest(container().id), { rates: { cpuPercent: 25 / 0.6 } })
})

t.test('two readings too close together make no sample, and the first stays the baseline', async (t) => {
  const { sampler, inventory, pass, now } = startableSampler(t, { records: [] })
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
  const { sampler, inventory, pass, now, steady } = startableSampler(t)
  const again = container({ startedAt: '2026-01-01T00:05:00Z' })
  sampler.start()
  await pass(3)
  // It was busier in its first moment than in all its life before, so the difference is not negative, and still no figure.
  now.cpuNs += 5 * SECOND_NS
  now.seconds += 0.5
  inventory.put(again)
  t.equal(steady.asked.length, 5, 'read at once')
  t.notOk(sampler.isCurrent(again), 'the sample before the restart is not current')
  now.seconds -= 0.5
  await pass(1)
  t.ok(sampler.isCurrent(again))
  t.match(sampler.latest(again.id), { rates: { cpuPercent: 50 } })
  t.equal(sampler.history(again.id).length, 4, 'the history before the restart is kept')
  t.ok(
    sampler.history(again.id).every(({ cpuPercent }) => cpuPercent <= 50),
    'and nothing was counted across it'
  )
})

t.test('counters that go backwards without a restart make no sample', async (t) => {
  const { sampler, pass, now } = startableSampler(t)
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
  const { sampler, inventory, pass, now } = startableSampler(t, {
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
  const { sampler, inventory, pass, steady } = startableSampler(t)
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

t.test('many containers are read in slices, and changes in between are seen', async (t) => {
  const records = Array.from({ length: 100 }, (_, n) => container({ name: `c${n}` }))
  const { sampler, inventory, steady } = startableSampler(t, { records })
  const [first, last] = [records[0] as ContainerRecord, records[99] as ContainerRecord]
  sampler.start()
  t.ok(steady.asked.length < 100, 'other work gets its turn')
  inventory.removed(last.id)
  await until(() => steady.asked.length >= 99)
  await turn()
  t.equal(steady.asked.length, 99)
  t.notOk(steady.asked.includes(last.name), 'a removed container is not read')
  t.ok(steady.asked.includes(first.name))
})

t.test('readers that wait for a sample are notified after each round, until they leave', async (t) => {
  const { sampler, pass } = startableSampler(t)
  const seen: (number | undefined)[] = []
  const leave = sampler.onTick(() => seen.push(sampler.history(container().id).length))
  sampler.start()
  await pass(2)
  leave()
  await pass(2)
  t.strictSame(seen, [0, 1, 2])
})

t.test('it ends when it is stopped, even in the middle of a round', async (t) => {
  const records = Array.from({ length: 40 }, (_, n) => container({ name: `c${n}` }))
  const { sampler, pass, steady } = startableSampler(t, { records })
  sampler.start()
  sampler.stop()
  await pass(3)
  t.ok(steady.asked.length <= 40)
})
