import t from 'tap'
import type { Test } from 'tap'
import { createSteadyClock } from '../../../src/lib/steady-clock.ts'

const NOON = Date.parse('2026-01-01T12:00:00Z')
const HOUR = 3_600_000

function setUp(_t: Test) {
  const time = { wall: NOON, monotonic: 1_000 }
  const now = createSteadyClock({ wall: () => time.wall, monotonic: () => time.monotonic })
  const pass = (ms: number, wallMs = ms) => {
    time.monotonic += ms
    time.wall += wallMs
  }
  return { now, pass }
}

t.test('it follows the wall clock', async (t) => {
  const { now, pass } = setUp(t)
  t.equal(now(), NOON)
  pass(5_000)
  t.equal(now(), NOON + 5_000)
  pass(1_000, 1_200)
  t.equal(now(), NOON + 6_200, 'even through small corrections')
})

for (const [direction, jump] of [
  ['ahead', HOUR],
  ['back', -HOUR]
] as const) {
  t.test(`a jump of an hour ${direction} is ignored`, async (t) => {
    const { now, pass } = setUp(t)
    pass(1_000, 1_000 + jump)
    t.equal(now(), NOON + 1_000)
    pass(1_000)
    t.equal(now(), NOON + 2_000)
    pass(1_000, 1_000 - jump)
    t.equal(now(), NOON + 3_000, 'and so is the way back')
  })
}
