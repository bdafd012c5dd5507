import t from 'tap'
import { createTurns, type Reading } from '../../../src/inventory/turns.ts'

/** Minutes of turns, one a second. Due containers are read at once. */
function play(readings: Reading[], seconds: number, meanwhile: (second: number) => void = () => {}) {
  const turns = createTurns()
  const seen = { mostAtOnce: 0, total: 0, oldestMs: 0 }
  for (let second = 1; second <= seconds; second++) {
    const now = second * 1000
    meanwhile(second)
    for (const { readAt } of readings) seen.oldestMs = Math.max(seen.oldestMs, now - readAt)
    const due = turns.next(readings, now, 1000)
    for (const reading of readings) if (due.includes(reading.id)) reading.readAt = now
    seen.mostAtOnce = Math.max(seen.mostAtOnce, due.length)
    seen.total += due.length
  }
  return seen
}

const readAtOnce = (count: number): Reading[] => Array.from({ length: count }, (_, id) => ({ id: `${id}`, readAt: 0 }))

for (const count of [1, 7, 300]) {
  t.test(`${count} containers are read within a minute, evenly`, async (t) => {
    const { mostAtOnce, total, oldestMs } = play(readAtOnce(count), 600)
    t.ok(oldestMs <= 60_000, `the oldest was ${oldestMs} ms old`)
    t.ok(mostAtOnce <= Math.ceil(count / 58), `${mostAtOnce} at once`)
    t.ok(total <= (count * 600) / 58 + 1, `${total} in all`)
  })
}

t.test('an intermediate read counts', async (t) => {
  const [busy, quiet] = [
    { id: 'busy', readAt: 0 },
    { id: 'quiet', readAt: 0 }
  ]
  const turns = createTurns()
  busy.readAt = 20_000
  t.strictSame(turns.next([busy, quiet], 30_000, 30_000), ['quiet'])
})

t.test('when most are removed, the others are still read in time', async (t) => {
  const readings = readAtOnce(300)
  const { oldestMs, mostAtOnce } = play(readings, 300, (second) => {
    // The next turns belong to the containers that stay.
    if (second !== 90) return
    readings.sort((a, b) => a.readAt - b.readAt)
    readings.splice(100)
  })
  t.ok(oldestMs <= 60_000, `the oldest was ${oldestMs} ms old`)
  t.ok(mostAtOnce <= 8, `${mostAtOnce} at once`)
})

t.test('without containers none is due', async (t) => {
  t.strictSame(createTurns().next([], 60_000, 60_000), [])
})
