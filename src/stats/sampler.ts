// One sample a second of every running container, whoever watches. Reads come from here and cost the engine nothing.

import type { Inventory } from '../containers/inventory.ts'
import type { ContainerRecord } from '../engine/engine.ts'
import { Ring } from '../lib/ring.ts'
import { makeSample, type Sample } from './calculate.ts'
import type { Counters, StatsSource } from './counters.ts'

export const SAMPLE_MS = 1_000
export const HISTORY_SAMPLES = 300
// Between slices of this many containers other work gets its turn.
const SLICE = 16

type Series = { startedAt: string | null; before: Counters | undefined; reading: boolean; samples: Ring<Sample> }
export type Sampler = ReturnType<typeof createSampler>

export function createSampler({
  inventory,
  sources
}: {
  inventory: Pick<Inventory, 'all' | 'onChange'>
  /** Best first; the first that can read a container is used for it. */
  sources: StatsSource[]
}) {
  const series = new Map<string, Series>()
  const tickWatchers = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function seriesOf({ id, startedAt }: ContainerRecord): Series {
    const known = series.get(id)
    // A restarted container counts from zero again: it starts from a new baseline.
    if (known?.startedAt === startedAt) return known
    const fresh = {
      startedAt,
      before: undefined,
      reading: false,
      samples: known?.samples ?? new Ring<Sample>(HISTORY_SAMPLES)
    }
    series.set(id, fresh)
    return fresh
  }

  function sample(record: ContainerRecord): void {
    const own = seriesOf(record)
    if (own.reading) return
    readFrom(record, own, 0)
  }

  function readFrom(record: ContainerRecord, own: Series, index: number): void {
    const source = sources[index]
    if (!source) return
    const keep = (counters: Counters | undefined) => {
      if (counters) take(own, counters, source)
      else readFrom(record, own, index + 1)
    }
    const counters = source.read(record)
    if (!(counters instanceof Promise)) return keep(counters)
    own.reading = true
    void counters.then(keep).finally(() => (own.reading = false))
  }

  function take(own: Series, counters: Counters, source: StatsSource): void {
    const made = own.before && makeSample(own.before, counters, Date.now(), source.name)
    own.before = counters
    if (made) own.samples.push(made)
  }

  async function tick(): Promise<void> {
    const started = performance.now()
    let count = 0
    for (const record of [...inventory.all()]) {
      if (!isMeasured(record)) continue
      sample(record)
      if (++count % SLICE === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    for (const watcher of tickWatchers) watcher()
    if (!stopped) timer = setTimeout(() => void tick(), Math.max(0, SAMPLE_MS - (performance.now() - started)))
  }

  inventory.onChange(({ id, before, after }) => {
    if (!after) {
      series.delete(id)
      for (const source of sources) source.forget(id)
    } else if (isMeasured(after) && before?.startedAt !== after.startedAt) {
      // The baseline at once, so that the first sample is there within a second.
      sample(after)
    }
  })

  return {
    start(): void {
      void tick()
    },
    stop(): void {
      stopped = true
      clearTimeout(timer)
    },
    latest: (id: string): Sample | undefined => series.get(id)?.samples.last,
    history: (id: string): Sample[] => [...(series.get(id)?.samples ?? [])],
    /** Whether the latest sample belongs to the container's present run. */
    isCurrent(record: ContainerRecord): boolean {
      const own = series.get(record.id)
      return (
        own !== undefined &&
        own.startedAt === record.startedAt &&
        own.before !== undefined &&
        (own.samples.last?.counters.readAt ?? -1) === own.before.readAt
      )
    },
    onTick(watcher: () => void): () => void {
      tickWatchers.add(watcher)
      return () => tickWatchers.delete(watcher)
    }
  }
}

/** What has processes has figures; a paused container keeps its memory. */
export function isMeasured({ state }: ContainerRecord): boolean {
  return state === 'running' || state === 'paused'
}
