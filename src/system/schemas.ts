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
  { $id: 'About', description: 'What the server is, and its routes.' }
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
    engine_reason: Type.Optional(Type.String({ description: 'Why it does not answer.' })),
    engine_since: Type.Optional(DateTime({ description: 'Since when.' })),
    inventory: words(['in_sync', 'stale'] as const, {
      description: 'Whether what Berth knows of the containers is up to date. `stale` makes `status` `degraded`.'
    }),
    inventory_age_ms: Type.Optional(
      Type.Integer({
        description: 'With `stale`: how old the oldest of that knowledge is; 0 before the first reading.'
      })
    ),
    unread_containers: Type.Optional(
      Type.Integer({ description: 'How many containers the engine has and could not describe for 30 s.' })
    ),
    version: Type.String(),
    uptime_seconds: Type.Integer()
  },
  { $id: 'Health', description: 'How the server and its engine are.' }
)
export type Health = Static<typeof Health>

const Bytes = Type.Integer()
const PerSecond = Type.Number({ description: 'Bytes per second.' })

export const SystemStats = Type.Object(
  {
    cpu_percent: Type.Number({ examples: [12.5], description: 'Of all cores together.' }),
    memory_percent: Type.Number({ examples: [43.1] }),
    memory_used: Type.String({ examples: ['1.23 GB'] }),
    memory_total: Type.String({ examples: ['15.50 GB'] }),
    disk_usage_percent: Type.Number({ description: 'Of the disk that holds `/`.', examples: [61.2] }),
    timestamp: Type.Number({ description: 'Unix seconds of the sample.' }),
    cores: Type.Array(Type.Number(), { description: 'Percent of each core.' }),
    load: Type.Array(Type.Number(), { description: 'Load averages of 1, 5 and 15 minutes.' }),
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
        used_percent: Type.Number({ description: 'Of what can be used, as `df` shows it.' })
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
    age_ms: Type.Integer({ description: 'How old the sample is.' })
  },
  { $id: 'SystemStats', description: 'What the machine uses.' }
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
      nofile_default: nullable(Type.Integer({ description: "Null: the engine's own." })),
      nofile_max: Type.Integer(),
      exec: Type.Boolean()
    }),
    own_container: nullable(Type.String({ description: 'The container this server runs in, if it does.' }))
  },
  { $id: 'SystemInfo', description: 'The engine, the machine and this server.' }
)
export type SystemInfo = Static<typeof SystemInfo>

export const CleanSystem = Type.Object(
  {
    containers: Type.Optional(Type.Boolean({ default: true, description: 'Containers that do not run.' })),
    images: Type.Optional(
      Type.Boolean({ default: true, description: 'Images that have no name and that no container was made from.' })
    ),
    volumes: Type.Optional(
      Type.Boolean({ default: false, description: 'Volumes that no container mounts. What is in them is lost.' })
    ),
    networks: Type.Optional(Type.Boolean({ default: false, description: 'Networks that no container is on.' })),
    build_cache: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'What the engine keeps of builds, whoever built; the next ones take longer.'
      })
    ),
    older_than_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000_000,
        default: 0,
        description: 'Only what was over, made or used that long ago.'
      })
    ),
    dry_run: Type.Optional(Type.Boolean({ default: false, description: 'Only say what would be removed.' }))
  },
  {
    $id: 'CleanSystem',
    description: 'What to remove.',
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
    build_cache_bytes: Type.Integer({ description: 'What the build cache gave up.' }),
    freed_bytes: Type.Integer({ description: 'All of it together, as the engine counts.' }),
    kept: Type.Array(Type.Object({ ...Item, reason: Type.String() }), {
      description: 'What could not be removed, and why.'
    }),
    dry_run: Type.Boolean({ description: 'Nothing was removed.' }),
    message: Type.String({
      examples: ['Containers removed: 2, images removed: 1, volumes removed: 0, networks removed: 0']
    })
  },
  { $id: 'Cleaned', description: 'What was removed, and what was kept and why.' }
)
export type Cleaned = Static<typeof Cleaned>

export const SYSTEM_SCHEMAS = [About, Health, SystemStats, SystemInfo, CleanSystem, Cleaned]
