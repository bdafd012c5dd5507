import t from 'tap'
import { createBudget } from '../../../src/access/budget.ts'
import { ANYBODY, NOBODY, OPERATOR, type Caller } from '../../../src/access/caller.ts'
import { callerWith } from '../../helpers/tokens.ts'

const ci = callerWith({ scopes: ['containers:write'] })

t.test('a burst, then the rate per second', async (t) => {
  let now = 0
  const { change } = createBudget({ changesPerSecond: 10, streams: 0, now: () => now })
  const passed = () => {
    for (let count = 0; ; count++) {
      try {
        change(ci)
      } catch (error) {
        t.match(error, { code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 1 })
        return count
      }
    }
  }
  t.equal(passed(), 50)
  now = 500
  t.equal(passed(), 5)
  t.doesNotThrow(() => change(OPERATOR), 'each caller has its own')
  now = 3_600_000
  t.equal(passed(), 50, 'never more than the burst')
})

t.test('a clock set back delays nobody', async (t) => {
  let now = 3_600_000
  const { change } = createBudget({ changesPerSecond: 1, streams: 0, now: () => now })
  change(ci)
  now = 0
  t.doesNotThrow(() => change(ci))
})

t.test('a rate below one per second', async (t) => {
  let now = 0
  const { change } = createBudget({ changesPerSecond: 0.2, streams: 0, now: () => now })
  change(ci)
  t.throws(() => change(ci), { code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 5 })
  now = 5_000
  t.doesNotThrow(() => change(ci))
})

t.test('a closed stream frees its place', async (t) => {
  const { stream } = createBudget({ changesPerSecond: 0, streams: 2 })
  const first = stream(ci)
  stream(ci)
  t.throws(() => stream(ci), { code: 'TOO_MANY_REQUESTS' })
  t.doesNotThrow(() => stream(OPERATOR))
  first()
  t.doesNotThrow(() => stream(ci))
  t.throws(() => stream(ci))
})

t.test('there are no limits without tokens, and 0 means no limit', async (t) => {
  const strict = createBudget({ changesPerSecond: 1, streams: 1 })
  const none = createBudget({ changesPerSecond: 0, streams: 0 })
  for (let count = 0; count < 5_000; count++) {
    strict.change(ANYBODY)
    strict.stream(ANYBODY)
    none.change(ci)
    none.stream(ci)
  }
  t.throws(() => {
    for (let count = 0; count < 10; count++) strict.change(ci)
  })
})

t.test('open requests are counted per token, or per address without a token', async (t) => {
  const budget = createBudget({ changesPerSecond: 0, streams: 0, requests: 2 })
  const request = (caller: Caller, address: string) => budget.request(caller, address, () => 0)
  const first = request(ci, '10.0.0.1')
  request(ci, '10.0.0.2')
  t.throws(() => request(ci, '10.0.0.3'), { code: 'TOO_MANY_REQUESTS' })
  t.doesNotThrow(() => request(OPERATOR, '10.0.0.1'))
  first()
  t.doesNotThrow(() => request(ci, '10.0.0.3'))
  for (const [caller, most] of [
    [ANYBODY, 6],
    [NOBODY, 256]
  ] as const) {
    for (let count = 0; count < most; count++) request(caller, `2001:db8::${count.toString(16)}`)
    t.throws(() => request(caller, '2001:db8::ffff'), { code: 'TOO_MANY_REQUESTS' })
    t.doesNotThrow(() => request(caller, '10.0.0.1'))
  }
})

t.test('a caller that does not read its responses gets no more', async (t) => {
  const { request } = createBudget({ changesPerSecond: 0, streams: 0, requests: 100 })
  let unsent = 4 * 1024 ** 2
  for (let count = 0; count < 9; count++) request(ci, '10.0.0.1', () => unsent)
  t.throws(() => request(ci, '10.0.0.1', () => 0), { code: 'TOO_MANY_REQUESTS', message: /read/ })
  t.doesNotThrow(() => request(OPERATOR, '10.0.0.1', () => 0))
  unsent = 0
  t.doesNotThrow(() => request(ci, '10.0.0.1', () => 0))
})
