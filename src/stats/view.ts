// A sample as the API shows it.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import { shortId } from '../inventory/ids.ts'
import { megabytes, round } from '../lib/figures.ts'
import { percentOf, type Sample } from './calculate.ts'
import type { Point } from './history.ts'
import type { ContainerStats, StatsPoint } from './schemas.ts'

export function viewStats(
  record: ContainerRecord,
  sample: Sample,
  availableBytes: number,
  now: number
): ContainerStats {
  const { counters, rates } = sample
  const limit = record.limits.memoryBytes
  const cores = record.limits.cpus
  return {
    container_id: shortId(record.id),
    name: record.name,
    cpu_percent: round(rates.cpuPercent),
    memory_usage: megabytes(sample.memoryBytes),
    memory_limit: limit === null ? 'unlimited' : megabytes(limit),
    memory_percent: round(percentOf(sample.memoryBytes, availableBytes) ?? 0),
    network_rx: megabytes(sample.rxBytes),
    network_tx: megabytes(sample.txBytes),
    timestamp: sample.sampledAt / 1000,
    cpu_percent_of_limit: cores === null ? null : round(rates.cpuPercent / cores),
    memory_bytes: sample.memoryBytes,
    memory_cache_bytes: counters.cache,
    memory_usage_bytes: counters.memoryUsage,
    memory_limit_bytes: limit,
    network_rx_bytes: sample.rxBytes,
    network_tx_bytes: sample.txBytes,
    network_rx_per_second: round(rates.rxPerSecond),
    network_tx_per_second: round(rates.txPerSecond),
    interfaces: Object.fromEntries(
      Object.entries(counters.networks).map(([name, { rxBytes, txBytes }]) => [
        name,
        { rx_bytes: rxBytes, tx_bytes: txBytes }
      ])
    ),
    block_read_bytes: counters.blockReadBytes,
    block_write_bytes: counters.blockWriteBytes,
    block_read_per_second: round(rates.readPerSecond),
    block_write_per_second: round(rates.writePerSecond),
    pids: counters.pids,
    sampled_at: new Date(sample.sampledAt).toISOString(),
    age_ms: Math.max(0, Math.round(now - counters.readAt)),
    source: sample.source
  }
}

export function viewPoint(point: Point): StatsPoint {
  return {
    sampled_at: new Date(point.sampledAt).toISOString(),
    cpu_percent: round(point.cpuPercent),
    memory_bytes: point.memoryBytes,
    network_rx_per_second: round(point.rxPerSecond),
    network_tx_per_second: round(point.txPerSecond),
    block_read_per_second: round(point.readPerSecond),
    block_write_per_second: round(point.writePerSecond),
    pids: point.pids
  }
}
