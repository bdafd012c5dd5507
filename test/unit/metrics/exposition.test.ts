import t from 'tap'
import { writeExposition, type Family } from '../../../src/metrics/exposition.ts'

const family = (samples: Family['samples'], given: Partial<Family> = {}): Family => ({
  name: 'berth_things',
  help: 'How many things.',
  type: 'gauge',
  samples,
  ...given
})
const write = (samples: Family['samples']) =>
  writeExposition([family(samples)])
    .split('\n')
    .slice(2, -1)

t.test('each family has its help and its type before its samples', async (t) => {
  t.equal(
    writeExposition([
      family([{ value: 1 }]),
      family([{ labels: { state: 'free' }, value: 2 }], { name: 'berth_more_total', help: 'More.', type: 'counter' })
    ]),
    `# HELP berth_things How many things.
# TYPE berth_things gauge
berth_things 1
# HELP berth_more_total More.
# TYPE berth_more_total counter
berth_more_total{state="free"} 2
`
  )
})

t.test('a family without samples is still described', async (t) => {
  t.strictSame(write([]), [])
})

t.test('several labels, and a suffix', async (t) => {
  t.strictSame(write([{ suffix: '_bucket', labels: { route: '/', le: '+Inf' }, value: 3 }]), [
    'berth_things_bucket{route="/",le="+Inf"} 3'
  ])
})

const LABELS: [why: string, value: string, written: string][] = [
  ['plain', 'a b', 'a b'],
  ['a quote', 'a"b', 'a\\"b'],
  ['a backslash', 'a\\b', 'a\\\\b'],
  ['a line feed', 'a\nb', 'a\\nb'],
  ['all of them, in an order that could be undone wrongly', '\\n"\n\\', '\\\\n\\"\\n\\\\'],
  ['braces and commas mean nothing inside', 'a{b="c",d}', 'a{b=\\"c\\",d}'],
  ['other scripts stay', 'häfen-港', 'häfen-港'],
  ['empty', '', '']
]

for (const [why, value, written] of LABELS) {
  t.test(`the value of a label: ${why}`, async (t) => {
    t.strictSame(write([{ labels: { name: value }, value: 1 }]), [`berth_things{name="${written}"} 1`])
  })
}

const NUMBERS: [number, string][] = [
  [0, '0'],
  [-1.5, '-1.5'],
  [0.001, '0.001'],
  [1e21, '1e+21'],
  [123_456_789_012, '123456789012'],
  [Infinity, '+Inf'],
  [Number.NaN, 'NaN']
]

for (const [value, written] of NUMBERS) {
  t.test(`the number ${value}`, async (t) => {
    t.strictSame(write([{ value }]), [`berth_things ${written}`])
  })
}
