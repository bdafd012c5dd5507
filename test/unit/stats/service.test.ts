import { mock } from 'node:test'
import t, { type Test } from 'tap'
import type { ContainerRecord } from '../../../src/engine/contract/containers.ts'
import { createSampler, SAMPLE_MS } from '../../../src/stats/sampler.ts'
import { createStatsService, type Followed } from '../../../src/stats/service.ts'
import { counters, SECOND_NS } from '../../helpers/counters.ts'
import { fakeInventory } from '../../helpers/fake-inventory.ts'
import { container } from '../../helpers/records.ts'

const MIB = 1024 ** 2
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A service whose containers use a quarter of a core, and each second one MiB more. */
function setUp(t: Test, records: ContainerRecord[] = [container()], machineBytes: number | null = 64 * MIB) {
  mock.timers.enable({ apis: ['setTimeout'] })
  const inventory = fakeInventory(records)
  // Where the clock stands is up to the machine; history is asked for by it.
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
    /** A round right after another, as when the machine has held up the one before: there is nothing new to read. */
    async again() {
      mock.timers.tick(SAMPLE_MS)
      await turn()
    },
    open: (after?: number) => reader(stats.stream('web', after, end.signal)),
    openAll: () => reader(stats.streamAll(end.signal))
  }
}

/** Reads in the background; `take` gives what has come so far. `start` is put off for a reader that is slow. */
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

const mebibytes = (items: Followed[]) => items.map((item) => ('stats' in item ? item.stats.memory_bytes / MIB : 0))
const kinds = (items: object[]) =>
  items.map((item) => ['stats', 'history', 'ended', 'missed'].find((kind) => kind in item))

t.test('the latest sample', async (t) => {
  const limits = { memoryBytes: 64 * MIB, cpus: 0.5, pids: 10, nofile: null }
  const { stats, pass } = setUp(t, [container({ limits })])
  await pass(16)
  t.match(await stats.latest('web'), {
    container_id: container().id.slice(0, 12),
    name: 'web',
    cpu_percent: 25,
    cpu_percent_of_limit: 50,
    memory_bytes: 16 * MIB,
    memory_usage: '16.00 MB',
    memory_limit: '64.00 MB',
    memory_limit_bytes: 64 * MIB,
    memory_percent: 25,
    source: 'cgroup'
  })
})

t.test('without a limit there is none', async (t) => {
  const { stats, pass } = setUp(t)
  await pass(2)
  const found = await stats.latest('web')
  t.match(found, { memory_limit: 'unlimited', memory_limit_bytes: null, cpu_percent_of_limit: null })
  t.match(found, { memory_bytes: 2 * MIB, memory_percent: 3.13 }, 'the share is of the machine')
})

t.test('without a limit there are no figures before the machine is known', async (t) => {
  const { stats, pass } = setUp(t, [container()], null)
  await pass(2)
  t.equal(stats.now(container().id), undefined)
})

t.test('a container that has just started is waited for', async (t) => {
  const { stats, pass } = setUp(t)
  const asked = stats.latest('web')
  await pass(2)
  t.match(await asked, { cpu_percent: 25 })
})

const NOT_MEASURED: ContainerRecord['state'][] = ['created', 'restarting', 'exited', 'dead']

for (const state of NOT_MEASURED) {
  t.test(`a container that is ${state} has no figures, not zeros`, async (t) => {
    const { stats } = setUp(t, [container({ state })])
    const refused = { code: 'CONTAINER_NOT_RUNNING', facts: { state } }
    await t.rejects(stats.latest('web'), refused)
    t.throws(() => stats.stream('web', undefined, new AbortController().signal), refused, 'before it is read')
    t.strictSame(stats.all().containers, [])
  })
}

t.test('one that ends while its first sample is waited for', async (t) => {
  const { stats, inventory, pass } = setUp(t)
  const asked = stats.latest('web')
  inventory.put(container({ state: 'exited' }))
  const refused = t.rejects(asked, { code: 'CONTAINER_NOT_RUNNING' })
  await pass(1)
  await refused
})

t.test('one that nobody knows', async (t) => {
  const { stats } = setUp(t)
  await t.rejects(stats.latest('nobody'), { code: 'CONTAINER_NOT_FOUND' })
  t.throws(() => stats.history('nobody', 10), { code: 'CONTAINER_NOT_FOUND' })
})

t.test('all that are measured', async (t) => {
  const { stats, pass } = setUp(t, [
    container({ name: 'a' }),
    container({ name: 'b', state: 'exited' }),
    container({ name: 'c', state: 'paused' })
  ])
  await pass(2)
  t.same(
    stats.all().containers.map(({ name }) => name),
    ['a', 'c']
  )
})

t.test('history', async (t) => {
  const { stats, pass, inventory } = setUp(t)
  t.strictSame(stats.history('web', 300).points, [], 'of one that has none')
  await pass(990)
  const all = stats.history('web', 300)
  t.match(all, { container_id: container().id.slice(0, 12), name: 'web', interval_ms: 1000 })
  const levels = all.points.map(({ memory_bytes: bytes }) => bytes / MIB)
  t.ok(levels.length > 280 && levels.length <= 300, `${levels.length} points`)
  t.equal(levels.at(-1), 990)
  t.ok(
    levels.every((level, index) => level === (levels[0] as number) + index),
    'oldest first, none missing'
  )
  const short = stats.history('web', 60).points
  t.ok(short.length >= 45 && short.length <= 60, `${short.length} of the last minute`)
  t.equal((short.at(-1)?.memory_bytes ?? 0) / MIB, 990)

  inventory.put(container({ state: 'exited' }))
  t.ok(stats.history('web', 300).points.length > 280, 'of one that ended it can still be read')
})

t.test('a stream has one event for each sample', async (t) => {
  const { pass, open } = setUp(t)
  await pass(2)
  const { read, take } = open()
  read()
  await pass(3)
  const events = await take()
  t.strictSame(kinds(events), ['stats', 'stats', 'stats'])
  t.strictSame(mebibytes(events), [3, 4, 5])
  t.ok(
    events.every((item) => 'at' in item && item.at > 1e12),
    'each with its time'
  )
})

t.test('no sample comes twice', async (t) => {
  const { pass, again, open } = setUp(t)
  await pass(2)
  const before = open()
  before.read()
  await pass(1)
  await again()
  await pass(2)
  const events = await before.take()
  t.strictSame(mebibytes(events), [3, 4, 5])
  // What was missed ends with the latest sample, which the next round has once more.
  const resumed = open(1)
  resumed.read()
  await again()
  await pass(1)
  t.strictSame(kinds(await resumed.take()), [...Array(5).fill('history'), 'stats'])
})

t.test('it ends when the container does, and says how', async (t) => {
  const cases: [how: string, change: (inventory: ReturnType<typeof fakeInventory>) => void, reason: string][] = [
    ['stopped', (inventory) => inventory.put(container({ state: 'exited' })), 'exited'],
    ['removed', (inventory) => inventory.removed(container().id), 'removed'],
    ['restarting', (inventory) => inventory.put(container({ state: 'restarting' })), 'restarting']
  ]
  for (const [how, change, reason] of cases) {
    await t.test(how, async (t) => {
      const { pass, open, inventory } = setUp(t)
      await pass(2)
      const { read, take, hasEnded } = open()
      read()
      await pass(1)
      change(inventory)
      await pass(1)
      t.match(await take(), [{ stats: {} }, { ended: reason }])
      t.ok(hasEnded())
    })
  }
})

t.test('a pause is no end, nor is a restart between two samples', async (t) => {
  const { pass, open, inventory } = setUp(t)
  await pass(2)
  const { read, take } = open()
  read()
  inventory.put(container({ state: 'paused' }))
  await pass(1)
  inventory.put(container({ state: 'exited' }))
  inventory.put(container({ startedAt: '2026-01-01T00:05:00Z' }))
  await pass(2)
  t.strictSame(kinds(await take()), ['stats', 'stats', 'stats'])
})

t.test('with the id of the last event, what came since comes first', async (t) => {
  const { pass, open } = setUp(t)
  await pass(2)
  const before = open()
  before.read()
  await pass(1)
  // Ids are times in milliseconds.
  const next = () =>
    new Promise<void>((resolve) => {
      const seen = Date.now()
      const look = () => (Date.now() > seen + 1 ? resolve() : setImmediate(look))
      look()
    })
  const last = (await before.take()).at(-1)
  for (let second = 0; second < 3; second++) {
    await next()
    await pass(1)
  }
  const { read, take } = open(last && 'at' in last ? last.at : undefined)
  read()
  const missed = await take()
  t.strictSame(kinds(missed), ['history', 'history', 'history'])
  t.same(
    missed.map((item) => ('history' in item ? item.history.memory_bytes / MIB : 0)),
    [4, 5, 6]
  )
  await next()
  await pass(1)
  t.strictSame(mebibytes(await take()), [7], 'then it goes on')
})

for (const time of [Number.NaN, -5, 0, 99999999999999]) {
  t.test(`a time that is none (${time}) brings nothing and harms nothing`, async (t) => {
    const { pass, open } = setUp(t)
    await pass(3)
    const { read, take } = open(time)
    read()
    t.strictSame(await take(), [])
    await pass(1)
    t.strictSame(mebibytes(await take()), [4])
  })
}

t.test('a reader that is a little late gets each sample as it was', async (t) => {
  const { pass, open, openAll } = setUp(t)
  await pass(2)
  const one = open()
  const all = openAll()
  await pass(5)
  one.read()
  all.read()
  t.strictSame(mebibytes(await one.take()), [3, 4, 5, 6, 7])
  t.strictSame(
    (await all.take()).map((item) => ('stats' in item ? (item.stats.containers[0]?.memory_bytes ?? 0) / MIB : 0)),
    [3, 4, 5, 6, 7]
  )
})

t.test('one that ended is told of its end after what it had not read yet', async (t) => {
  const { pass, open, inventory } = setUp(t)
  await pass(2)
  const late = open()
  await pass(3)
  inventory.removed(container().id)
  await pass(1)
  late.read()
  t.strictSame(kinds(await late.take()), ['stats', 'stats', 'stats', 'ended'])
})

t.test('a reader that is too late is told of the gap, then gets live figures', async (t) => {
  for (const what of ['one', 'all'] as const) {
    await t.test(what, async (t) => {
      const { pass, open, openAll } = setUp(t)
      await pass(2)
      const { read, take } = what === 'one' ? open() : openAll()
      await pass(100)
      read()
      const [gap, ...rest] = await take()
      t.match(gap, { stats: {} }, 'what it was given before it stopped reading')
      t.match(rest[0], { missed: Number })
      const { missed } = rest[0] as { missed: number }
      t.equal(1 + missed + rest.length - 1, 100, 'all are accounted for')
      await pass(1)
      t.strictSame(kinds(await take()), ['stats'])
    })
  }
})

t.test('a stream ends with its signal', async (t) => {
  const { pass, open, openAll, end } = setUp(t)
  await pass(2)
  const [one, all] = [open(), openAll()]
  one.read()
  all.read()
  end.abort()
  await turn()
  t.strictSame([one.hasEnded(), all.hasEnded()], [true, true])
  t.strictSame([await one.take(), await all.take()], [[], []])
})
