// Statistics of containers: the latest sample, five minutes of history, and streams that carry each sample as it is taken.

import { totalmem } from 'node:os'
import type { Inventory } from '../containers/inventory.ts'
import type { ContainerRecord } from '../engine/engine.ts'
import { AppError } from '../errors.ts'
import type { StreamEvent } from '../http/streams.ts'
import { createChannel } from '../lib/channel.ts'
import { isMeasured, SAMPLE_MS, type Sampler } from './sampler.ts'
import type { ContainerStats } from './schemas.ts'
import { viewPoint, viewStats } from './view.ts'

export type StatsService = ReturnType<typeof createStatsService>

// A container that has just started has its first sample within a second.
const FIRST_SAMPLE_MS = 2_500
// A reader that is this many samples behind is told of the gap.
const QUEUE = 8

type Tick = { at: number; frames: Map<string, string>; all: string | undefined }

export function createStatsService({ inventory, sampler }: { inventory: Inventory; sampler: Sampler }) {
  const ticks = createChannel<Tick>(QUEUE)
  const machineBytes = totalmem()
  sampler.onTick(() => {
    if (ticks.hasReaders) ticks.push({ at: Date.now(), frames: new Map(), all: undefined })
  })

  function view(record: ContainerRecord): ContainerStats | undefined {
    const sample = sampler.isCurrent(record) ? sampler.latest(record.id) : undefined
    return sample && viewStats(record, sample, machineBytes, performance.now())
  }

  function findMeasured(reference: string): ContainerRecord {
    const record = inventory.find(reference)
    if (!isMeasured(record)) {
      throw new AppError(
        'CONTAINER_NOT_RUNNING',
        `Container ${record.name} is ${record.state}, so there is nothing to measure.`,
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

  function all(): { sampled_at: string; containers: ContainerStats[] } {
    const containers: ContainerStats[] = []
    for (const record of inventory.all()) {
      const stats = isMeasured(record) ? view(record) : undefined
      if (stats) containers.push(stats)
    }
    return { sampled_at: new Date().toISOString(), containers }
  }

  /** However many read the same sample, it is written out once. */
  function frameOf(tick: Tick, record: ContainerRecord): string | undefined {
    const known = tick.frames.get(record.id)
    if (known !== undefined) return known
    const stats = view(record)
    const frame = stats && JSON.stringify(stats)
    if (frame !== undefined) tick.frames.set(record.id, frame)
    return frame
  }

  return {
    async latest(reference: string): Promise<ContainerStats> {
      const deadline = performance.now() + FIRST_SAMPLE_MS
      for (;;) {
        const record = findMeasured(reference)
        const stats = view(record)
        if (stats) return stats
        if (performance.now() > deadline) {
          throw new AppError(
            'STATS_UNAVAILABLE',
            `Container ${record.name} could not be measured; neither the kernel's files nor the engine gave figures.`
          )
        }
        await nextTick()
      }
    },

    history(reference: string, seconds: number) {
      const record = inventory.find(reference)
      const oldest = performance.now() - seconds * 1000
      const points = sampler.history(record.id).filter(({ counters }) => counters.readAt >= oldest)
      return {
        container_id: record.id.slice(0, 12),
        name: record.name,
        interval_ms: SAMPLE_MS,
        points: points.map(viewPoint)
      }
    },

    all,

    check: (reference: string): void => void findMeasured(reference),

    /** One event for each sample until the container ends. With the id of the last event seen, what came since comes first. */
    async *stream(
      reference: string,
      lastEventId: string | undefined,
      signal: AbortSignal
    ): AsyncGenerator<StreamEvent> {
      const { id } = findMeasured(reference)
      const live = ticks.subscribe(signal)
      let sent = Number(lastEventId)
      if (lastEventId !== undefined && sent > 0) {
        for (const sample of sampler.history(id)) {
          if (sample.sampledAt <= sent) continue
          sent = sample.sampledAt
          yield { id: String(sent), event: 'history', data: viewPoint(sample) }
        }
      }
      for await (const tick of live) {
        if ('missed' in tick) {
          yield { event: 'gap', data: { missed: tick.missed } }
          continue
        }
        const record = inventory.get(id)
        if (!record || !isMeasured(record)) {
          yield { event: 'end', data: { reason: record?.state ?? 'removed' } }
          return
        }
        const text = frameOf(tick, record)
        if (text !== undefined) yield { id: String(tick.at), event: 'stats', text }
      }
    },

    async *streamAll(signal: AbortSignal): AsyncGenerator<StreamEvent> {
      for await (const tick of ticks.subscribe(signal)) {
        if ('missed' in tick) yield { event: 'gap', data: { missed: tick.missed } }
        else yield { id: String(tick.at), event: 'stats', text: (tick.all ??= JSON.stringify(all())) }
      }
    }
  }
}
