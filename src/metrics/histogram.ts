import type { Family, Labels } from './exposition.ts'

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

type Series = { labels: Labels; counts: number[]; sum: number; count: number }

/** Durations in seconds, one series for each set of labels. */
export function createHistogram(name: string, help: string) {
  const series = new Map<string, Series>()

  return {
    observe(labels: Labels, seconds: number): void {
      const key = Object.values(labels).join('\u0000')
      const own = series.get(key) ?? { labels, counts: BUCKETS.map(() => 0), sum: 0, count: 0 }
      series.set(key, own)
      const bucket = BUCKETS.findIndex((limit) => seconds <= limit)
      if (bucket !== -1) own.counts[bucket] = (own.counts[bucket] ?? 0) + 1
      own.sum += seconds
      own.count++
    },

    family(): Family {
      const samples: Family['samples'] = []
      for (const { labels, counts, sum, count } of series.values()) {
        let below = 0
        for (const [index, limit] of BUCKETS.entries()) {
          below += counts[index] ?? 0
          samples.push({ suffix: '_bucket', labels: { ...labels, le: String(limit) }, value: below })
        }
        samples.push({ suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count })
        samples.push({ suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: count })
      }
      return { name, help, type: 'histogram', samples }
    }
  }
}
