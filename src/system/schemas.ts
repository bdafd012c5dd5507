import { Type, type Static } from '@sinclair/typebox'
import { DateTime, nullable, words } from '../lib/schema.ts'

export const About = Type.Object(
  {
    name: Type.String({ examples: ['Berth'] }),
    message: Type.String(),
    version: Type.String(),
    docs: Type.String(),
    reading_view: Type.String(),
    openapi: Type.String(),
    endpoints: Type.Array(Type.String(), { examples: [['GET /containers', 'POST /containers/create']] })
  },
  { $id: 'About', description: 'The server and its routes.' }
)

export const Health = Type.Object(
  {
    status: words(['healthy', 'degraded'] as const),
    docker: words(['connected', 'unavailable'] as const),
    engine: words(['available', 'unavailable'] as const),
    engine_name: Type.Optional(Type.String()),
    engine_version: Type.Optional(Type.String()),
    engine_api_version: Type.Optional(Type.String()),
    engine_address: Type.Optional(Type.String()),
    engine_source: Type.Optional(Type.String({ description: 'How Berth found the engine.' })),
    engine_reason: Type.Optional(Type.String({ description: 'Why the engine does not answer.' })),
    engine_since: Type.Optional(DateTime({ description: 'When the engine became unavailable.' })),
    inventory: words(['in_sync', 'stale'] as const, {
      description: 'Whether the inventory of containers is in sync with the engine. `stale` makes `status` `degraded`.'
    }),
    inventory_age_ms: Type.Optional(
      Type.Integer({
        description: 'With `stale`: age of the oldest record in the inventory; 0 before the first complete read.'
      })
    ),
    unread_containers: Type.Optional(
      Type.Integer({ description: 'Containers that the engine has failed to describe for 30 seconds.' })
    ),
    database: Type.Optional(
      words(['available', 'unavailable'] as const, {
        description: 'With PostgreSQL as the store. `unavailable` makes `status` `degraded`.'
      })
    ),
    database_latency_ms: Type.Optional(
      Type.Number({ description: 'Round trip of the latest ping to the database.', examples: [0.4] })
    ),
    database_reason: Type.Optional(Type.String({ description: 'Why the database does not answer.' })),
    database_since: Type.Optional(DateTime({ description: 'When the database became unavailable.' })),
    version: Type.String(),
    uptime_seconds: Type.Integer()
  },
  { $id: 'Health', description: 'Health of the server, its engine and its database.' }
)
export type Health = Static<typeof Health>

const Bytes = Type.Integer()
const PerSecond = Type.Number({ description: 'Bytes per second.' })

export const SystemStats = Type.Object(
  {
    cpu_percent: Type.Number({ examples: [12.5], description: 'Average over all cores.' }),
    memory_percent: Type.Number({ examples: [43.1] }),
    memory_used: Type.String({ examples: ['1.23 GB'] }),
    memory_total: Type.String({ examples: ['15.50 GB'] }),
    disk_usage_percent: Type.Number({ description: 'Usage of the disk that holds `/`.', examples: [61.2] }),
    timestamp: Type.Number({ description: 'Unix seconds of the sample.' }),
    cores: Type.Array(Type.Number(), { description: 'CPU usage of each core.' }),
    load: Type.Array(Type.Number(), { description: 'Load averages over 1, 5 and 15 minutes.' }),
    memory: Type.Object({
      total_bytes: Bytes,
      used_bytes: Bytes,
      available_bytes: Bytes,
      cache_bytes: Bytes,
      swap_total_bytes: Bytes,
      swap_used_bytes: Bytes
    }),
    disks: Type.Array(
      Type.Object({
        mount: Type.String(),
        type: Type.String(),
        size_bytes: Bytes,
        used_bytes: Bytes,
        available_bytes: Bytes,
        used_percent: Type.Number({ description: 'Used share of the usable space, as in `df`.' })
      })
    ),
    networks: Type.Array(
      Type.Object({
        name: Type.String(),
        rx_bytes: Bytes,
        tx_bytes: Bytes,
        rx_per_second: PerSecond,
        tx_per_second: PerSecond
      })
    ),
    uptime_seconds: Type.Integer(),
    containers: Type.Object({ total: Type.Integer(), running: Type.Integer(), managed: Type.Integer() }),
    sampled_at: DateTime(),
    age_ms: Type.Integer({ description: 'Age of the sample.' })
  },
  { $id: 'SystemStats', description: 'Resource usage of the machine.' }
)
export type SystemStats = Static<typeof SystemStats>

export const SystemInfo = Type.Object(
  {
    version: Type.String(),
    node_version: Type.String(),
    engine: Type.Object({
      name: Type.String(),
      version: Type.String(),
      api_version: Type.String(),
      address: Type.String(),
      operating_system: Type.String(),
      kernel: Type.String(),
      architecture: Type.String(),
      cpus: Type.Integer(),
      memory_bytes: Bytes,
      cgroup_version: Type.String(),
      swarm: Type.String(),
      runtimes: Type.Array(Type.String(), { description: 'What can run a container.', examples: [['runc', 'runsc']] }),
      images: Type.Integer(),
      containers: Type.Object({
        total: Type.Integer(),
        running: Type.Integer(),
        paused: Type.Integer(),
        stopped: Type.Integer()
      })
    }),
    storage: Type.Object({ driver: Type.String(), root: Type.String() }),
    limits: Type.Object({
      ports: Type.String({ examples: ['8001-8999'] }),
      memory_default: Bytes,
      memory_max: Bytes,
      cpus_default: Type.Number(),
      cpus_max: Type.Number(),
      pids_default: Type.Integer(),
      pids_max: Type.Integer(),
      nofile_default: nullable(Type.Integer({ description: "Null: the engine's limit applies." })),
      nofile_max: Type.Integer(),
      storage_size_default: nullable(Type.Integer({ description: 'Null: unlimited.' })),
      storage_size_max: Bytes,
      io_weight_max: Type.Integer(),
      exec: Type.Boolean()
    }),
    own_container: nullable(Type.String({ description: 'Container that this server runs in, if any.' }))
  },
  { $id: 'SystemInfo', description: 'The engine, the machine and this server.' }
)
export type SystemInfo = Static<typeof SystemInfo>

export const CleanSystem = Type.Object(
  {
    containers: Type.Optional(Type.Boolean({ default: true, description: 'Remove containers that are not running.' })),
    images: Type.Optional(
      Type.Boolean({ default: true, description: 'Remove untagged images that no container uses.' })
    ),
    volumes: Type.Optional(
      Type.Boolean({ default: false, description: 'Remove volumes that no container mounts. Their data is lost.' })
    ),
    networks: Type.Optional(Type.Boolean({ default: false, description: 'Remove networks without containers.' })),
    build_cache: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Remove the engine's build cache, that of other tools included. The next builds take longer."
      })
    ),
    older_than_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000_000,
        default: 0,
        description: 'Only remove resources that ended, were created or were last used at least this many seconds ago.'
      })
    ),
    dry_run: Type.Optional(Type.Boolean({ default: false, description: 'Only report what would be removed.' }))
  },
  {
    $id: 'CleanSystem',
    description: 'The resources to prune.',
    additionalProperties: false,
    examples: [{ dry_run: true }, { volumes: true, older_than_seconds: 86_400 }]
  }
)
export type CleanSystem = Static<typeof CleanSystem>

const Item = { id: Type.String(), name: Type.String() }
export const Cleaned = Type.Object(
  {
    containers: Type.Array(Type.Object(Item)),
    images: Type.Array(Type.Object(Item)),
    volumes: Type.Array(Type.Object(Item)),
    networks: Type.Array(Type.Object(Item)),
    build_cache_bytes: Type.Integer({ description: 'Bytes freed from the build cache.' }),
    freed_bytes: Type.Integer({ description: 'Total bytes freed, as reported by the engine.' }),
    kept: Type.Array(Type.Object({ ...Item, reason: Type.String() }), {
      description: 'Resources that could not be removed, with the reason.'
    }),
    dry_run: Type.Boolean({ description: 'True if nothing was removed because `dry_run` was set.' }),
    message: Type.String({
      examples: ['Containers removed: 2, images removed: 1, volumes removed: 0, networks removed: 0']
    })
  },
  { $id: 'Cleaned', description: 'The resources that were removed, and those that were kept, with the reason.' }
)
export type Cleaned = Static<typeof Cleaned>

export const SYSTEM_SCHEMAS = [About, Health, SystemStats, SystemInfo, CleanSystem, Cleaned]
