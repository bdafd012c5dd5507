import { Type, type Static } from '@sinclair/typebox'
import { DateTime, nullable, record, ref, words } from '../lib/schema.ts'
import { HISTORY_SECONDS } from './history.ts'

const Bytes = (description?: string) => Type.Integer(description ? { description } : {})
const PerSecond = Type.Number({ description: 'Bytes per second.' })

export const ContainerStats = Type.Object(
  {
    container_id: Type.String({ examples: ['3f4e9a1b2c3d'] }),
    name: Type.String({ examples: ['my-api-server'] }),
    cpu_percent: Type.Number({
      description: 'Percent of one core, as in `docker stats`: two busy cores are 200.',
      examples: [2.5]
    }),
    memory_usage: Type.String({ examples: ['45.23 MB'] }),
    memory_limit: Type.String({ examples: ['512.00 MB'], description: '"unlimited" without a limit.' }),
    memory_percent: Type.Number({
      description: "Percent of the limit, or of the machine's memory without one.",
      examples: [8.83]
    }),
    network_rx: Type.String({ examples: ['1.25 MB'] }),
    network_tx: Type.String({ examples: ['0.75 MB'] }),
    timestamp: Type.Number({ description: 'Unix seconds of the sample.', examples: [1767225600.123] }),
    cpu_percent_of_limit: nullable(Type.Number({ description: 'Percent of the CPU limit. Null without a limit.' })),
    memory_bytes: Bytes('Working set, without reclaimable page cache, as in `docker stats`.'),
    memory_cache_bytes: Bytes('Page cache.'),
    memory_usage_bytes: Bytes('Total memory, as the kernel counts it against the limit.'),
    memory_limit_bytes: nullable(Bytes('Null without a limit.')),
    network_rx_bytes: Bytes(),
    network_tx_bytes: Bytes(),
    network_rx_per_second: PerSecond,
    network_tx_per_second: PerSecond,
    interfaces: record(Type.Object({ rx_bytes: Bytes(), tx_bytes: Bytes() })),
    block_read_bytes: Bytes(),
    block_write_bytes: Bytes(),
    block_read_per_second: PerSecond,
    block_write_per_second: PerSecond,
    pids: Type.Integer(),
    sampled_at: DateTime(),
    age_ms: Type.Integer({ description: 'Age of the sample.' }),
    source: words(['cgroup', 'engine'] as const, {
      description: "Source of the sample: `cgroup` is the kernel's files, `engine` the engine's API."
    })
  },
  { $id: 'ContainerStats', description: 'Resource usage of a container.' }
)
export type ContainerStats = Static<typeof ContainerStats>

export const StatsPoint = Type.Object({
  sampled_at: DateTime(),
  cpu_percent: Type.Number(),
  memory_bytes: Bytes(),
  network_rx_per_second: PerSecond,
  network_tx_per_second: PerSecond,
  block_read_per_second: PerSecond,
  block_write_per_second: PerSecond,
  pids: Type.Integer()
})
export type StatsPoint = Static<typeof StatsPoint>

export const StatsHistory = Type.Object(
  {
    container_id: Type.String(),
    name: Type.String(),
    interval_ms: Type.Integer({ examples: [1000] }),
    points: Type.Array(StatsPoint, { description: 'Oldest first.' })
  },
  { $id: 'StatsHistory', description: 'Samples of the last minutes, oldest first.' }
)

export const AllStats = Type.Object(
  { sampled_at: DateTime(), containers: Type.Array(ref(ContainerStats)) },
  { $id: 'AllStats', description: 'Resource usage of every running container.' }
)

export const StatsParams = Type.Object({
  id: Type.String({ maxLength: 128, description: 'Id or name of the container.', examples: ['my-api-server'] })
})

export const HistoryQuery = Type.Object({
  seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: HISTORY_SECONDS, default: HISTORY_SECONDS }))
})

export const STATS_SCHEMAS = [ContainerStats, StatsHistory, AllStats]
