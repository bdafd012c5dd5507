import t from 'tap'
import { SECOND_NS, type Counters } from '../../helpers/counters.ts'
import { container } from '../../helpers/records.ts'
import { at, fakeSource, startableSampler } from '../../helpers/sampler.ts'
import { turn } from '../../helpers/until.ts'

t.test('a slow source is not asked again before it has answered', async (t) => {
  const answers: ((counters: Counters | undefined) => void)[] = []
  const slow = fakeSource('engine', () => new Promise((resolve) => answers.push(resolve)))
  const { sampler, pass } = startableSampler(t, { sources: [slow] })
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
  const { sampler, pass } = startableSampler(t, { sources: [failing, slow] })
  sampler.start()
  await pass(5)
  t.strictSame([failing.asked.length, slow.asked.length], [1, 1])
})

t.test('a slow container does not hold up the others', async (t) => {
  const records = [container({ name: 'slow' }), container({ name: 'quick' })]
  const source = fakeSource('engine', ({ name }) =>
    name === 'slow' ? new Promise(() => {}) : Promise.resolve(at(now.seconds))
  )
  const { sampler, pass, now } = startableSampler(t, { records, sources: [source] })
  sampler.start()
  await turn()
  await pass(4)
  t.equal(source.asked.filter((name) => name === 'quick').length, 5)
})

t.test('figures that arrive a moment later belong to the round', async (t) => {
  const far = fakeSource('engine', () => turn().then(() => at(now.seconds, { cpuNs: now.cpuNs })))
  const { sampler, pass, now } = startableSampler(t, { sources: [far] })
  const told: (number | undefined)[] = []
  sampler.onTick(() => told.push(sampler.latest(container().id)?.counters.readAt))
  sampler.start()
  await turn()
  await turn()
  await pass(3)
  t.strictSame(told, [undefined, 101_000, 102_000, 103_000])
})

t.test('the second source is used for containers that the first cannot read', async (t) => {
  const records = [container({ name: 'ours' }), container({ name: 'elsewhere' })]
  const files = fakeSource('cgroup', ({ name }) => (name === 'ours' ? at(now.seconds) : undefined))
  const engine = fakeSource('engine', async () => at(now.seconds))
  const { sampler, pass, now } = startableSampler(t, { records, sources: [files, engine] })
  sampler.start()
  await pass(2)
  t.match(sampler.latest(container({ name: 'ours' }).id), { source: 'cgroup' })
  t.match(sampler.latest(container({ name: 'elsewhere' }).id), { source: 'engine' })
  t.ok(
    engine.asked.every((name) => name === 'elsewhere'),
    'and only for that'
  )
})

t.test('no sample spans readings of two sources, whose clocks have nothing in common', async (t) => {
  let files = true
  // The engine counts from the start of the machine, days ago; ours from the start of this process.
  const engine = fakeSource('engine', async () =>
    at(now.seconds, { clockNs: now.seconds * SECOND_NS + 864e12, cpuNs: now.cpuNs })
  )
  const cgroup = fakeSource('cgroup', () => (files ? at(now.seconds, { cpuNs: now.cpuNs }) : undefined))
  const { sampler, pass, now } = startableSampler(t, { sources: [cgroup, engine] })
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

t.test('an answer that arrives after a restart or a removal is not kept', async (t) => {
  for (const what of ['restart', 'removal']) {
    await t.test(what, async (t) => {
      const answers: ((counters: Counters | undefined) => void)[] = []
      const slow = fakeSource('engine', () => new Promise((resolve) => answers.push(resolve)))
      const { sampler, inventory, pass } = startableSampler(t, { sources: [slow] })
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
