// The fields that Berth reads about a workload.

import { Type, type Static } from '@sinclair/typebox'
import { createReader, maybe } from './schema.ts'

const Count = maybe(Type.Number())

const Stats = Type.Object({
  cpu_stats: maybe(
    Type.Object({
      cpu_usage: maybe(Type.Object({ total_usage: Count, percpu_usage: maybe(Type.Array(Type.Number())) })),
      system_cpu_usage: Count,
      online_cpus: Count
    })
  ),
  memory_stats: maybe(Type.Object({ usage: Count, stats: maybe(Type.Record(Type.String(), Type.Number())) })),
  networks: maybe(Type.Record(Type.String(), Type.Object({ rx_bytes: Type.Number(), tx_bytes: Type.Number() }))),
  blkio_stats: maybe(
    Type.Object({
      io_service_bytes_recursive: maybe(Type.Array(Type.Object({ op: Type.String(), value: Type.Number() })))
    })
  ),
  pids_stats: maybe(Type.Object({ current: Count }))
})

const Top = Type.Object({
  Titles: Type.Array(Type.String()),
  Processes: maybe(Type.Array(Type.Array(Type.String())))
})

export type RawStats = Static<typeof Stats>
export const readStats = createReader(Stats)
export const readTop = createReader(Top)
export const readExec = createReader(
  Type.Object({ Running: maybe(Type.Boolean()), ExitCode: maybe(Type.Number()), Pid: maybe(Type.Number()) })
)
