// Takes one sample per second of every running container. Reads use these samples and cost the engine nothing.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { sleep } from '../lib/sleep.ts'
import { makeSample, type Sample } from './calculate.ts'
import type { Counters, SourceName, StatsSource } from './counters.ts'
import { History, HISTORY_SECONDS, type Point } from './history.ts'

export const SAMPLE_MS = 1_000
export const HISTORY_SAMPLES = (HISTORY_SECONDS * 1_000) / SAMPLE_MS
// Between slices of this many containers other work gets its turn.
const SLICE = 8
// A container starts at any moment between two rounds. A shorter period would not reflect a CPU limit, which the kernel
// enforces every 100 ms.
const SHORTEST_MS = 250
// Figures of other nodes arrive a moment after the request and belong to the same round.
const LATE_MS = 100

type Reading = { counters: Counters; source: SourceName }
type Series = {
  startedAt: string | null
  before: Reading | undefined
  isReading: boolean
  latest: Sample | undefined
  history: History
}
export type Sampler = ReturnType<typeof createSampler>

export function createSampler({
  inventory,
  sources
}: {
  inventory: Pick<Inventory, 'all' | 'get' | 'onChange'>
  /** Best first; each container uses the first source that can read it. */
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
      isReading: false,
      latest: known?.latest,
      history: known?.history ?? new History(HISTORY_SAMPLES)
    }
    series.set(id, fresh)
    return fresh
  }

  /** Returns a promise if the source answers later. */
  function sample(record: ContainerRecord): Promise<void> | undefined {
    const own = seriesOf(record)
    if (own.isReading) return undefined
    const reading = readFrom(record, own, 0)
    if (!reading) return undefined
    own.isReading = true
    return reading.finally(() => (own.isReading = false))
  }

  /** By the first source, from that index on, that has figures. */
  function readFrom(record: ContainerRecord, own: Series, index: number): Promise<void> | undefined {
    const source = sources[index]
    if (!source) return undefined
    const keep = (counters: Counters | undefined) =>
      counters ? take(record.id, own, { counters, source: source.name }) : readFrom(record, own, index + 1)
    const counters = source.read(record)
    return counters instanceof Promise ? counters.then(keep) : keep(counters)
  }

  function take(id: string, own: Series, reading: Reading): undefined {
    // The container was removed or started again while it was read.
    if (series.get(id) !== own) return
    const { before } = own
    // Each source has its own clock.
    if (before?.source !== reading.source) {
      own.before = reading
      return
    }
    if (reading.counters.readAt - before.counters.readAt < SHORTEST_MS) return
    own.before = reading
    const made = makeSample(before.counters, reading.counters, Date.now(), reading.source)
    if (!made) return
    own.latest = made
    own.history.push(made)
  }

  async function tick(): Promise<void> {
    const started = performance.now()
    const late: Promise<void>[] = []
    let count = 0
    for (const { id } of [...inventory.all()]) {
      const record = inventory.get(id)
      if (!record || !isMeasured(record)) continue
      const reading = sample(record)
      if (reading) late.push(reading)
      if (++count % SLICE === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    if (!stopped) timer = setTimeout(() => void tick(), Math.max(0, SAMPLE_MS - (performance.now() - started)))
    if (late.length > 0) await within(LATE_MS, Promise.all(late))
    for (const watcher of tickWatchers) watcher()
  }

  inventory.onChange(({ id, before, after }) => {
    if (!after) {
      series.delete(id)
      for (const source of sources) source.forget(id)
    } else if (isMeasured(after) && before?.startedAt !== after.startedAt) {
      // The baseline at once, so that the first sample is there within a second.
      void sample(after)
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
    latest: (id: string): Sample | undefined => series.get(id)?.latest,
    history: (id: string): Point[] => series.get(id)?.history.points() ?? [],
    /** Whether the latest sample belongs to the container's current run. */
    isCurrent(record: ContainerRecord): boolean {
      const own = series.get(record.id)
      return (
        isMeasured(record) &&
        own !== undefined &&
        own.startedAt === record.startedAt &&
        own.before !== undefined &&
        own.latest?.counters === own.before.counters
      )
    },
    onTick(watcher: () => void): () => void {
      tickWatchers.add(watcher)
      return () => tickWatchers.delete(watcher)
    }
  }
}

/** Every container with processes has statistics; a paused one keeps its memory. */
export function isMeasured({ state }: ContainerRecord): boolean {
  return state === 'running' || state === 'paused'
}

/** Waits for the task, but no longer than the limit. */
async function within(limitMs: number, task: Promise<unknown>): Promise<void> {
  const limit = new AbortController()
  await Promise.race([task, sleep(limitMs, limit.signal)])
  limit.abort()
}
