import t from 'tap'
import { createHeldBytes } from '../../../src/access/held-bytes.ts'
import { collect } from '../../helpers/collect.ts'
import { engineTime, lastOf, logQuery } from '../../../src/containers/logs.ts'

t.test('a time in the form of the engine', async (t) => {
  const table: [text: string, seconds: string, why: string][] = [
    ['1767225600', '1767225600', 'seconds'],
    ['1767225600.5', '1767225600.5', 'seconds with a fraction'],
    ['1767225600.000000001', '1767225600.000000001', 'a nanosecond'],
    ['2026-01-01T00:00:00Z', '1767225600', 'a date and time'],
    ['2026-01-01T00:00:00.000000001Z', '1767225600.000000001', 'as the engine writes it'],
    ['2026-01-01T00:00:00.5Z', '1767225600.500000000', 'zeros left out'],
    ['2026-01-01T01:00:00.25+01:00', '1767225600.250000000', 'another zone'],
    ['2026-01-01', '1767225600', 'a date'],
    ['1969-12-31T23:59:59.5Z', '-1.500000000', 'before 1970 the fraction still counts forward']
  ]
  for (const [text, seconds, why] of table) t.equal(engineTime('since', text), seconds, why)
})

t.test('an invalid time names the field', async (t) => {
  for (const text of ['yesterday', '-5', '1e9', '2026-13-01', '12:00', '2026-01-01T25:00:00Z', '', ' 1']) {
    t.throws(() => engineTime('until', text), { code: 'INVALID_REQUEST', fields: [{ field: 'until' }] }, `"${text}"`)
  }
})

t.test('the options for the engine', async (t) => {
  const all = { stdout: true, stderr: true, follow: false }
  t.match(logQuery({}, undefined), { ...all, tail: 1000, since: undefined })
  t.match(logQuery({ tail: 5, stderr: false }, undefined), { stdout: true, stderr: false, tail: 5 })
  t.match(logQuery({ since: '1' }, undefined), { ...all, tail: undefined, since: '1' }, 'a time is a limit by itself')
  t.match(logQuery({ since: '1', tail: 5 }, undefined), { tail: 5, since: '1' })
  t.match(logQuery({}, '2026-01-01T00:00:00Z'), { tail: 1000, since: undefined }, 'an id matters only with follow')
  t.match(
    logQuery({ follow: true, since: '1' }, '2026-01-01T00:00:00.000000001Z'),
    { follow: true, tail: undefined, since: '1767225600.000000001' },
    'and takes precedence over a time'
  )
})

t.test('the last of many lines hold a bounded share of the memory, and free it', async (t) => {
  const hold = createHeldBytes({ whose: () => 'ci', one: 100_000, all: 100_000 })
  async function* lines(count: number, text = 'x'.repeat(100)) {
    for (let n = 0; n < count; n++) yield { stream: 'stdout' as const, time: '', text: `${n} ${text}` }
  }
  for (let count = 0; count < 3; count++) {
    const last = await collect(lastOf(lines(10_000), 100, hold('tail')))
    t.equal(last.length, 100)
    t.match(last[99]?.text, /^9999 /)
  }
  await t.rejects(collect(lastOf(lines(10_000), 5_000, hold('tail'))), { code: 'INVALID_REQUEST' })
  t.equal((await collect(lastOf(lines(100), 100, hold('tail')))).length, 100)
})
