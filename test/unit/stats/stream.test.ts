import t from 'tap'
import type { FakeInventory } from '../../helpers/fake-inventory.ts'
import { container } from '../../helpers/records.ts'
import { kinds, mebibytes, MIB, statsService } from '../../helpers/stats-service.ts'
import { turn } from '../../helpers/until.ts'

t.test('a stream has one event for each sample', async (t) => {
  const { pass, open } = statsService(t)
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
  const { pass, again, open } = statsService(t)
  await pass(2)
  const before = open()
  before.read()
  await pass(1)
  await again()
  await pass(2)
  const events = await before.take()
  t.strictSame(mebibytes(events), [3, 4, 5])
  // The missed samples end with the latest one, which the next round has again.
  const resumed = open(1)
  resumed.read()
  await again()
  await pass(1)
  t.strictSame(kinds(await resumed.take()), [...Array(5).fill('history'), 'stats'])
})

t.test('it ends when the container does, with the reason', async (t) => {
  const cases: [how: string, change: (inventory: FakeInventory) => void, reason: string][] = [
    ['stopped', (inventory) => inventory.put(container({ state: 'exited' })), 'exited'],
    ['removed', (inventory) => inventory.removed(container().id), 'removed'],
    ['restarting', (inventory) => inventory.put(container({ state: 'restarting' })), 'restarting']
  ]
  for (const [how, change, reason] of cases) {
    await t.test(how, async (t) => {
      const { pass, open, inventory } = statsService(t)
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

t.test('neither a pause nor a restart between two samples ends the stream', async (t) => {
  const { pass, open, inventory } = statsService(t)
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

t.test('with the id of the last event, missed samples come first', async (t) => {
  const { pass, open } = statsService(t)
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
  t.strictSame(mebibytes(await take()), [7], 'then it continues')
})

for (const time of [Number.NaN, -5, 0, 99999999999999]) {
  t.test(`an invalid time (${time}) brings nothing and harms nothing`, async (t) => {
    const { pass, open } = statsService(t)
    await pass(3)
    const { read, take } = open(time)
    read()
    t.strictSame(await take(), [])
    await pass(1)
    t.strictSame(mebibytes(await take()), [4])
  })
}

t.test('a reader that is slightly late gets each sample unchanged', async (t) => {
  const { pass, open, openAll } = statsService(t)
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

t.test('the end follows the unread samples', async (t) => {
  const { pass, open, inventory } = statsService(t)
  await pass(2)
  const late = open()
  await pass(3)
  inventory.removed(container().id)
  await pass(1)
  late.read()
  t.strictSame(kinds(await late.take()), ['stats', 'stats', 'stats', 'ended'])
})

t.test('a reader that is too late gets a gap, then live samples', async (t) => {
  for (const what of ['one', 'all'] as const) {
    await t.test(what, async (t) => {
      const { pass, open, openAll } = statsService(t)
      await pass(2)
      const { read, take } = what === 'one' ? open() : openAll()
      await pass(100)
      read()
      const [gap, ...rest] = await take()
      t.match(gap, { stats: {} }, 'the samples from before it stopped reading')
      t.match(rest[0], { missed: Number })
      const { missed } = rest[0] as { missed: number }
      t.equal(1 + missed + rest.length - 1, 100, 'all are accounted for')
      await pass(1)
      t.strictSame(kinds(await take()), ['stats'])
    })
  }
})

t.test('a stream ends with its signal', async (t) => {
  const { pass, open, openAll, end } = statsService(t)
  await pass(2)
  const [one, all] = [open(), openAll()]
  one.read()
  all.read()
  end.abort()
  await turn()
  t.strictSame([one.hasEnded(), all.hasEnded()], [true, true])
  t.strictSame([await one.take(), await all.take()], [[], []])
})
