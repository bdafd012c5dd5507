// Statistics of containers: the latest sample, five minutes of history, and live streams.

import type { Caller } from '../access/caller.ts'
import { seenBy } from '../access/ownership.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { Machine } from '../engine/machine/machine.ts'
import { shortId } from '../inventory/ids.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { AppError } from '../errors.ts'
import { createChannel, type Missed } from '../lib/channel.ts'
import { HISTORY_SECONDS, type Point } from './history.ts'
import { isMeasured, SAMPLE_MS, type Sampler } from './sampler.ts'
import type { ContainerStats } from './schemas.ts'
import { viewPoint, viewStats } from './view.ts'

export type StatsService = ReturnType<typeof createStatsService>

// A container that has just started has its first sample within a second; from the engine's API within three.
const FIRST_SAMPLE_MS = 5_000
// A reader that is this many samples behind gets a gap.
const QUEUE = 8

/** An item for a reader of one container: a sample, the state in which it ended, or neither. */
type Frame = { stats?: ContainerStats; readAt?: number | undefined; ended?: string }
type AllNow = { sampled_at: string; containers: ContainerStats[] }
/** Each caller gets the containers that it sees. Callers that see all share one object. */
type AllFor = (caller: Caller) => AllNow
type Tick = { at: number; frames: Map<string, Frame>; all: AllFor | undefined }
/** `at` is what a reader resumes from. */
export type Followed =
  | { history: ReturnType<typeof viewPoint>; at: number }
  | { stats: ContainerStats; at: number }
  | { ended: string }
  | Missed

export function createStatsService({
  inventory,
  sampler,
  machine
}: {
  inventory: Inventory
  sampler: Sampler
  machine: Pick<Machine, 'memoryBytes'>
}) {
  const ticks = createChannel<Tick>(QUEUE)
  const readers = new Map<string, number>()
  let readersOfAll = 0
  // Evaluated now, once for all readers, so a late one gets the values of this moment.
  sampler.onTick(() => {
    if (!ticks.hasReaders) return
    const frames = new Map([...readers.keys()].map((id) => [id, frameOf(id)]))
    ticks.push({ at: Date.now(), frames, all: readersOfAll > 0 ? look() : undefined })
  })

  function view(record: ContainerRecord): ContainerStats | undefined {
    const sample = sampler.isCurrent(record) ? sampler.latest(record.id) : undefined
    const memoryBytes = record.limits.memoryBytes ?? machine.memoryBytes()
    return sample && memoryBytes !== undefined ? viewStats(record, sample, memoryBytes, performance.now()) : undefined
  }

  function findMeasured(caller: Caller, reference: string): ContainerRecord {
    const record = inventory.find(reference, seenBy(caller))
    if (!isMeasured(record)) {
      throw new AppError(
        'CONTAINER_NOT_RUNNING',
        `Container ${record.name} is ${record.state}, so it has no statistics.`,
        {
          facts: { state: record.state }
        }
      )
    }
    return record
  }

  async function nextTick(): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(limit)
        stop()
        resolve()
      }
      const limit = setTimeout(done, SAMPLE_MS * 2)
      const stop = sampler.onTick(done)
    })
  }

  function look(): AllFor {
    const found: { berth: ContainerRecord['berth']; stats: ContainerStats }[] = []
    for (const record of inventory.all()) {
      const stats = isMeasured(record) ? view(record) : undefined
      if (stats) found.push({ berth: record.berth, stats })
    }
    const sampledAt = new Date().toISOString()
    const whole = { sampled_at: sampledAt, containers: found.map(({ stats }) => stats) }
    return (caller) =>
      caller.seesAll
        ? whole
        : { sampled_at: sampledAt, containers: found.filter(seenBy(caller)).map(({ stats }) => stats) }
  }

  function frameOf(id: string): Frame {
    const record = inventory.get(id)
    if (!record || !isMeasured(record)) return { ended: record?.state ?? 'removed' }
    const stats = view(record)
    return stats ? { stats, readAt: sampler.latest(id)?.counters.readAt } : {}
  }

  function countReader(id: string, change: 1 | -1): void {
    const count = (readers.get(id) ?? 0) + change
    if (count > 0) readers.set(id, count)
    else readers.delete(id)
  }

  /** Nothing for an id that is not the time of an event. */
  function missedSince(id: string, time: number): Point[] {
    return time > 0 ? sampler.history(id).filter(({ sampledAt }) => sampledAt > time) : []
  }

  return {
    async latest(caller: Caller, reference: string): Promise<ContainerStats> {
      const deadline = performance.now() + FIRST_SAMPLE_MS
      for (;;) {
        const record = findMeasured(caller, reference)
        const stats = view(record)
        if (stats) return stats
        if (performance.now() > deadline) {
          throw new AppError(
            'STATS_UNAVAILABLE',
            `Container ${record.name} has no statistics: neither the kernel's files nor the engine reported any.`
          )
        }
        await nextTick()
      }
    },

    /** Nothing for a container that does not run, or has not been measured yet. */
    now(id: string): ContainerStats | undefined {
      const record = inventory.get(id)
      return record && isMeasured(record) ? view(record) : undefined
    },

    history(caller: Caller, reference: string, seconds = HISTORY_SECONDS) {
      const record = inventory.find(reference, seenBy(caller))
      const oldest = performance.now() - seconds * 1000
      const points = sampler.history(record.id).filter(({ readAt }) => readAt >= oldest)
      return {
        container_id: shortId(record.id),
        name: record.name,
        interval_ms: SAMPLE_MS,
        points: points.map(viewPoint)
      }
    },

    all: (caller: Caller): AllNow => look()(caller),

    /**
     * Streams each sample until the container exits. With the time of the last received sample, newer ones come first.
     */
    stream(
      caller: Caller,
      reference: string,
      after: number | undefined,
      signal: AbortSignal
    ): AsyncGenerator<Followed> {
      const { id } = findMeasured(caller, reference)
      const live = ticks.subscribe(signal)
      async function* read(): AsyncGenerator<Followed> {
        countReader(id, 1)
        try {
          // A round that brought nothing new still says the last sample, which may be one of the missed.
          let sent: number | undefined
          for (const point of missedSince(id, after ?? 0)) {
            sent = point.readAt
            yield { history: viewPoint(point), at: point.sampledAt }
          }
          for await (const tick of live) {
            if ('missed' in tick) {
              yield tick
              continue
            }
            const { stats, readAt, ended } = tick.frames.get(id) ?? {}
            if (ended !== undefined) {
              yield { ended }
              return
            }
            if (stats === undefined || readAt === sent) continue
            sent = readAt
            yield { stats, at: tick.at }
          }
        } finally {
          countReader(id, -1)
        }
      }
      return read()
    },

    streamAll(caller: Caller, signal: AbortSignal): AsyncGenerator<Missed | { stats: AllNow; at: number }> {
      const live = ticks.subscribe(signal)
      async function* read(): AsyncGenerator<Missed | { stats: AllNow; at: number }> {
        readersOfAll++
        try {
          for await (const tick of live) {
            if ('missed' in tick) yield tick
            else if (tick.all !== undefined) yield { stats: tick.all(caller), at: tick.at }
          }
        } finally {
          readersOfAll--
        }
      }
      return read()
    }
  }
}
