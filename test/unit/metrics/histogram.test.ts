import t from 'tap'
import { createHistogram } from '../../../src/metrics/histogram.ts'

type Bucket = { le: string; count: number }

function read(histogram: ReturnType<typeof createHistogram>, route: string) {
  const samples = histogram.family().samples.filter(({ labels }) => labels?.route === route)
  const one = (suffix: string) => samples.find((sample) => sample.suffix === suffix)?.value
  return {
    buckets: samples
      .filter(({ suffix }) => suffix === '_bucket')
      .map(({ labels, value }): Bucket => ({ le: labels?.le ?? '', count: value })),
    sum: one('_sum'),
    count: one('_count')
  }
}

const below = (buckets: Bucket[], le: string) => buckets.find((bucket) => bucket.le === le)?.count

const CASES: { seconds: number; first: string | undefined; why: string }[] = [
  { seconds: 0, first: '0.001', why: 'nothing' },
  { seconds: 0.001, first: '0.001', why: 'a limit belongs to its bucket' },
  { seconds: 0.0011, first: '0.0025', why: 'just above' },
  { seconds: 0.3, first: '0.5', why: 'in the middle' },
  { seconds: 30, first: '30', why: 'the last limit' },
  { seconds: 31, first: '+Inf', why: 'longer than all' }
]

for (const { seconds, first, why } of CASES) {
  t.test(`${seconds} seconds: ${why}`, async (t) => {
    const histogram = createHistogram('h', 'Durations.')
    histogram.observe({ route: '/' }, seconds)
    const { buckets, sum, count } = read(histogram, '/')
    t.equal(buckets.find((bucket) => bucket.count === 1)?.le, first)
    t.strictSame([sum, count, below(buckets, '+Inf')], [seconds, 1, 1])
  })
}

t.test('buckets count all values that are not above them', async (t) => {
  const histogram = createHistogram('h', 'Durations.')
  for (const seconds of [0.0005, 0.002, 0.002, 0.2, 60]) histogram.observe({ route: '/' }, seconds)
  const { buckets, count } = read(histogram, '/')
  t.strictSame(
    ['0.001', '0.0025', '0.1', '0.25', '30', '+Inf'].map((le) => below(buckets, le)),
    [1, 3, 3, 4, 4, 5]
  )
  t.equal(count, 5)
  t.ok(
    buckets.every((bucket, index) => bucket.count >= (buckets[index - 1]?.count ?? 0)),
    'and never fall'
  )
})

t.test('each set of labels has a series of its own', async (t) => {
  const histogram = createHistogram('h', 'Durations.')
  histogram.observe({ route: '/a', status: '200' }, 1)
  histogram.observe({ route: '/a', status: '404' }, 1)
  histogram.observe({ route: '/b', status: '200' }, 1)
  histogram.observe({ route: '/b', status: '200' }, 1)
  const counts = histogram.family().samples.filter(({ suffix }) => suffix === '_count')
  t.strictSame(
    counts.map(({ labels, value }) => [labels?.route, labels?.status, value]),
    [
      ['/a', '200', 1],
      ['/a', '404', 1],
      ['/b', '200', 2]
    ]
  )
})
