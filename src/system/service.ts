// The server and its machine: health, statistics, the engine and the limits.

import { loadavg } from 'node:os'
import type { Config } from '../config.ts'
import type { EngineAvailability, EngineStatus } from '../engine/contract/availability.ts'
import type { EngineSystem } from '../engine/contract/system.ts'
import { AppError } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { createChannel, type Missed } from '../lib/channel.ts'
import { gigabytes, round } from '../lib/figures.ts'
import type { StoreDatabase } from '../store/contract/database.ts'
import type { Host, HostSample } from './host.ts'
import type { Health, SystemInfo, SystemStats } from './schemas.ts'

export type SystemService = ReturnType<typeof createSystemService>

type Options = {
  version: string
  config: Config
  engine: Pick<EngineAvailability, 'status'> & Pick<EngineSystem, 'info'>
  host: Host
  inventory: Pick<Inventory, 'all' | 'staleMs' | 'unreadMs'>
  /** The database of the store, if it is a separate server. */
  database: Pick<StoreDatabase, 'status'> | undefined
  ownId: string | undefined
}

const QUEUE = 8

export function createSystemService({ version, config, engine, host, inventory, database, ownId }: Options) {
  const samples = createChannel<HostSample>(QUEUE)
  host.onSample((sample) => samples.push(sample))

  function view(sample: HostSample): SystemStats {
    const { memory } = sample
    const counts = { total: 0, running: 0, managed: 0 }
    for (const record of inventory.all()) {
      counts.total++
      if (record.state === 'running') counts.running++
      if (record.berth.managed) counts.managed++
    }
    // As in df: space reserved for root cannot be used.
    const disks = sample.disks.map(({ mount, type, sizeBytes, usedBytes, availableBytes }) => ({
      mount,
      type,
      size_bytes: sizeBytes,
      used_bytes: usedBytes,
      available_bytes: availableBytes,
      used_percent: round((usedBytes / Math.max(1, usedBytes + availableBytes)) * 100)
    }))
    return {
      cpu_percent: round(sample.cpuPercent),
      memory_percent: round((memory.usedBytes / memory.totalBytes) * 100),
      memory_used: gigabytes(memory.usedBytes),
      memory_total: gigabytes(memory.totalBytes),
      disk_usage_percent: (disks.find(({ mount }) => mount === '/') ?? disks[0])?.used_percent ?? 0,
      timestamp: sample.sampledAt / 1000,
      cores: sample.corePercents.map((percent) => round(percent)),
      load: loadavg().map((load) => round(load)),
      memory: {
        total_bytes: memory.totalBytes,
        used_bytes: memory.usedBytes,
        available_bytes: memory.availableBytes,
        cache_bytes: memory.cacheBytes,
        swap_total_bytes: memory.swapTotalBytes,
        swap_used_bytes: memory.swapUsedBytes
      },
      disks,
      networks: sample.networks.map(({ name, rxBytes, txBytes, rxPerSecond, txPerSecond }) => ({
        name,
        rx_bytes: rxBytes,
        tx_bytes: txBytes,
        rx_per_second: round(rxPerSecond),
        tx_per_second: round(txPerSecond)
      })),
      uptime_seconds: sample.uptimeSeconds,
      containers: counts,
      sampled_at: new Date(sample.sampledAt).toISOString(),
      age_ms: Math.max(0, Date.now() - sample.sampledAt)
    }
  }

  function requireEngine(): EngineStatus & { available: true } {
    const status = engine.status()
    if (!status.available)
      throw new AppError('ENGINE_UNAVAILABLE', `The Docker engine does not answer (${status.reason}).`)
    return status
  }

  function pictureOfContainers(): Pick<Health, 'inventory' | 'inventory_age_ms' | 'unread_containers'> {
    const unread = inventory.unreadMs()
    const ages = [inventory.staleMs() ?? [], unread].flat()
    if (ages.length === 0) return { inventory: 'in_sync' }
    return {
      inventory: 'stale',
      inventory_age_ms: Math.max(...ages),
      ...(unread.length > 0 && { unread_containers: unread.length })
    }
  }

  function pictureOfDatabase(): Pick<
    Health,
    'database' | 'database_latency_ms' | 'database_reason' | 'database_since'
  > {
    const status = database?.status()
    if (!status) return {}
    if (!status.available)
      return { database: 'unavailable', database_reason: status.reason, database_since: status.since }
    const { latencyMs } = status
    return { database: 'available', ...(latencyMs !== null && { database_latency_ms: round(latencyMs) }) }
  }

  function requireDatabase(): void {
    const status = database?.status()
    if (status?.available === false)
      throw new AppError('STORE_UNAVAILABLE', `The database does not answer (${status.reason}).`)
  }

  function health(): Health {
    const status = engine.status()
    const picture = { ...pictureOfContainers(), ...pictureOfDatabase() }
    const own = { ...picture, version, uptime_seconds: Math.round(process.uptime()) }
    if (!status.available) {
      return {
        status: 'degraded',
        docker: 'unavailable',
        engine: 'unavailable',
        engine_reason: status.reason,
        engine_since: status.since,
        ...own
      }
    }
    return {
      status: picture.inventory === 'in_sync' && picture.database !== 'unavailable' ? 'healthy' : 'degraded',
      docker: 'connected',
      engine: 'available',
      engine_name: status.name,
      engine_version: status.version,
      engine_api_version: status.apiVersion,
      engine_address: status.address,
      engine_source: status.source,
      ...own
    }
  }

  return {
    version,
    health,

    isReady: (): boolean => engine.status().available && database?.status().available !== false,

    readiness(): Health {
      requireEngine()
      requireDatabase()
      return health()
    },

    stats: async (): Promise<SystemStats> => view(await host.latest()),

    streamStats(signal: AbortSignal): AsyncIterable<Missed | { stats: SystemStats; sampledAt: number }> {
      const coming = samples.subscribe(signal)
      async function* read() {
        host.look()
        for await (const sample of coming) {
          host.look()
          yield 'missed' in sample ? sample : { stats: view(sample), sampledAt: sample.sampledAt }
        }
      }
      return read()
    },

    async info(): Promise<SystemInfo> {
      const status = requireEngine()
      const info = await engine.info()
      return {
        version,
        node_version: process.version,
        engine: {
          name: status.name,
          version: status.version,
          api_version: status.apiVersion,
          address: status.address,
          operating_system: info.operatingSystem,
          kernel: info.kernel,
          architecture: info.architecture,
          cpus: info.cpus,
          memory_bytes: info.memoryBytes,
          cgroup_version: info.cgroupVersion,
          swarm: info.swarm,
          runtimes: info.runtimes,
          images: info.images,
          containers: info.containers
        },
        storage: { driver: info.storageDriver, root: info.rootDir },
        limits: {
          ports: `${config.portRange.first}-${config.portRange.last}`,
          memory_default: config.memoryDefault,
          memory_max: config.memoryMax,
          cpus_default: config.cpusDefault,
          cpus_max: config.cpusMax,
          pids_default: config.pidsDefault,
          pids_max: config.pidsMax,
          nofile_default: config.nofileDefault ?? null,
          nofile_max: config.nofileMax,
          storage_size_default: config.storageSizeDefault ?? null,
          storage_size_max: config.storageSizeMax,
          io_weight_max: config.ioWeightMax,
          exec: config.exec
        },
        own_container: ownId ?? null
      }
    }
  }
}
