// Converts Docker's JSON to our types. Pure, and the only place that knows its quirks: year-1 dates, null lists, leading slashes.

import { DOCKER_HUB, shortName } from '../../lib/reference.ts'
import { parseBytes } from '../../lib/settings.ts'
import type {
  ContainerHealth,
  ContainerRecord,
  ContainerSpec,
  ContainerState,
  ContainerSummary,
  Healthcheck,
  PortBinding,
  Protocol,
  RestartPolicy
} from '../contract/containers.ts'
import type { EngineInfo } from '../contract/system.ts'
import type { ContainerCounters } from '../contract/workloads.ts'
import { freedomsOf } from './freedoms.ts'
import { isReservedLabel, readFacts } from '../labels.ts'
import { anonymousMounts, anonymousVolumes, mapMounts, mapVolumes } from './map-mounts.ts'
import { chosenNetwork, mapNetworks } from './map-network.ts'
import type { RawContainer, RawContainerRow, RawHealthcheck, RawHostConfig } from './schemas/containers.ts'
import type { RawInfo } from './schemas/system.ts'
import type { RawStats } from './schemas/workloads.ts'

const STATES: readonly ContainerState[] = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']
const NANO_CPUS = 1e9
const DEFAULT_STOP_SECONDS = 10
const NANOSECONDS_PER_MS = 1e6

export function mapContainer(info: RawContainer): ContainerRecord {
  const { State: raw, Config: config, HostConfig: host } = info
  const state = mapState(raw.Status)
  const labels = withoutEmptyOwn(config.Labels ?? {})
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ''),
    image: shortName(config.Image),
    imageId: info.Image,
    state,
    health: mapHealth(raw.Health?.Status, raw.Health?.FailingStreak),
    exitCode: state === 'exited' || state === 'dead' ? raw.ExitCode : null,
    oomKilled: raw.OOMKilled,
    error: raw.Error ?? '',
    pid: raw.Pid > 0 ? raw.Pid : null,
    createdAt: info.Created,
    startedAt: mapTime(raw.StartedAt),
    finishedAt: mapTime(raw.FinishedAt),
    restartCount: info.RestartCount ?? 0,
    restart: (host.RestartPolicy?.Name || 'no') as RestartPolicy,
    ports: mapPorts(info),
    labels,
    berth: readFacts(labels),
    command: commandOf(info),
    envNames: (config.Env ?? []).map((line) => splitEnv(line)[0]),
    limits: {
      memoryBytes: host.Memory || null,
      cpus: mapCpus(host),
      pids: host.PidsLimit && host.PidsLimit > 0 ? host.PidsLimit : null,
      nofile: mapNofile(host),
      storageBytes: mapStorage(host),
      ioWeight: host.BlkioWeight || null
    },
    readOnlyRoot: host.ReadonlyRootfs ?? false,
    // Podman reports each of its runtimes as `oci` there.
    runtime: info.OCIRuntime || host.Runtime || null,
    networks: mapNetworks(info),
    volumes: mapVolumes(info),
    anonymousVolumes: anonymousVolumes(info),
    mounts: mapMounts(info),
    tty: config.Tty ?? false,
    stopTimeoutSeconds: config.StopTimeout ?? DEFAULT_STOP_SECONDS,
    hostNetwork: host.NetworkMode === 'host',
    freedoms: freedomsOf(info),
    node: null
  }
}

function commandOf({ Path: program, Args: args }: RawContainer): string[] {
  const words = [...(program ? [program] : []), ...(args ?? [])]
  // Podman includes its own init in the command.
  return words[0] === '/run/podman-init' && words[1] === '--' ? words.slice(2) : words
}

export function mapSummary(info: RawContainerRow): ContainerSummary {
  return {
    id: info.Id,
    name: (info.Names?.[0] ?? '').replace(/^\//, ''),
    state: mapState(info.State),
    health: mapHealth(/\((?:health: )?(starting|healthy|unhealthy)\)/.exec(info.Status ?? '')?.[1])
  }
}

/** The inverse of `payload.ts`, to recreate a container. */
export function mapSpec(info: RawContainer): ContainerSpec {
  const record = mapContainer(info)
  const { Config: config } = info
  return {
    image: config.Image,
    // Podman includes the container's own name, which another container must not have.
    env: Object.fromEntries(
      (config.Env ?? []).map(splitEnv).filter(([name, value]) => name !== 'HOSTNAME' || value !== config.Hostname)
    ),
    labels: record.labels,
    command: config.Cmd ?? undefined,
    entrypoint: typeof config.Entrypoint === 'string' ? [config.Entrypoint] : (config.Entrypoint ?? undefined),
    workingDir: config.WorkingDir || undefined,
    user: config.User || undefined,
    limits: record.limits,
    readOnlyRoot: record.readOnlyRoot,
    runtime: record.runtime ?? undefined,
    restart: record.restart,
    healthcheck: mapHealthcheck(config.Healthcheck),
    volumes: [...record.volumes, ...anonymousMounts(info)],
    stopTimeoutSeconds: config.StopTimeout ?? undefined,
    ports: record.ports,
    network: chosenNetwork(info.HostConfig.NetworkMode, record.networks)
  }
}

/** An exited container has an answer with nothing but its name: that means no data, not zero. */
export function mapCounters(raw: RawStats): ContainerCounters | undefined {
  const cpu = raw.cpu_stats ?? {}
  const memory = raw.memory_stats ?? {}
  const cores = cpu.online_cpus || cpu.cpu_usage?.percpu_usage?.length || 1
  if (!cpu.system_cpu_usage || typeof memory.usage !== 'number') return undefined
  const stat = memory.stats ?? {}
  const block = (name: string) =>
    (raw.blkio_stats?.io_service_bytes_recursive ?? [])
      .filter(({ op }) => op.toLowerCase() === name)
      .reduce((sum, { value }) => sum + value, 0)
  return {
    cpuNs: cpu.cpu_usage?.total_usage ?? 0,
    clockNs: cpu.system_cpu_usage / cores,
    memoryUsage: memory.usage,
    inactiveFile: stat.total_inactive_file ?? stat.inactive_file ?? 0,
    cache: stat.total_cache ?? stat.file ?? 0,
    networks: Object.fromEntries(
      Object.entries(raw.networks ?? {}).map(([name, { rx_bytes: rxBytes, tx_bytes: txBytes }]) => [
        name,
        { rxBytes, txBytes }
      ])
    ),
    blockReadBytes: block('read'),
    blockWriteBytes: block('write'),
    pids: raw.pids_stats?.current ?? 0
  }
}

export function mapInfo(info: RawInfo): EngineInfo {
  return {
    name: info.Name ?? '',
    operatingSystem: info.OperatingSystem ?? '',
    kernel: info.KernelVersion ?? '',
    architecture: info.Architecture ?? '',
    cpus: info.NCPU ?? 0,
    memoryBytes: info.MemTotal ?? 0,
    storageDriver: info.Driver ?? '',
    rootDir: info.DockerRootDir ?? '',
    cgroupVersion: info.CgroupVersion ?? '1',
    hasCgroups: info.CgroupDriver !== 'none',
    runtimes: Object.keys(info.Runtimes ?? {}),
    images: info.Images ?? 0,
    containers: {
      total: info.Containers ?? 0,
      running: info.ContainersRunning ?? 0,
      paused: info.ContainersPaused ?? 0,
      stopped: info.ContainersStopped ?? 0
    },
    swarm: info.Swarm?.LocalNodeState ?? 'inactive',
    insecureRegistries: mapInsecure(info.RegistryConfig)
  }
}

/**
 * Docker has at least its Hub there; Podman what its registries.conf names, where a host without a port stands for all
 * of its ports.
 */
function mapInsecure(config: RawInfo['RegistryConfig']): string[] | null {
  const indexes = Object.entries(config?.IndexConfigs ?? {})
  if (indexes.length === 0) return null
  const isPodman = indexes.every(([host]) => host !== DOCKER_HUB)
  const hosts = indexes
    .filter(([, { Secure: isSecure }]) => isSecure === false)
    .map(([host]) => (isPodman && !/:\d+$/.test(host) ? `${host}:*` : host))
  return [...(config?.InsecureRegistryCIDRs ?? []), ...hosts]
}

/** An empty label of ours only hides the image's. */
export function withoutEmptyOwn(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name, value]) => value !== '' || !isReservedLabel(name)))
}

function mapState(state: string): ContainerState {
  // Podman says "configured" and "initialized" for Docker's "created", and "stopped" for "exited".
  if (state === 'stopped') return 'exited'
  return STATES.find((known) => known === state) ?? 'created'
}

/** The engine calls a paused container unhealthy, also afterwards until the next check, although no check failed. */
function mapHealth(status: string | null | undefined, failures?: number | null): ContainerHealth | null {
  if (status === 'unhealthy' && failures === 0) return 'starting'
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : null
}

/** Docker writes "never" as the year 1. */
export function mapTime(time: string | null | undefined): string | null {
  return !time || time.startsWith('0001-') ? null : time
}

/** Docker omits its defaults; Podman lists them, in capitals. */
function mapNofile({ Ulimits: all }: RawHostConfig): number | null {
  return all?.find(({ Name: name }) => /^(RLIMIT_)?nofile$/i.test(name))?.Hard ?? null
}

/** Others may have written it with a unit. */
function mapStorage({ StorageOpt: options }: RawHostConfig): number | null {
  try {
    return options?.size === undefined ? null : parseBytes(options.size)
  } catch {
    return null
  }
}

function mapCpus(host: RawHostConfig): number | null {
  if (host.NanoCpus) return host.NanoCpus / NANO_CPUS
  if (host.CpuQuota && host.CpuQuota > 0) return host.CpuQuota / (host.CpuPeriod || 100_000)
  return null
}

/** The requested ports, or those that the engine chose. One row per port, not one per IP family. */
function mapPorts(info: RawContainer): PortBinding[] {
  const asked = info.HostConfig.PortBindings ?? {}
  const actual = info.NetworkSettings?.Ports ?? {}
  const ports = new Map<string, PortBinding>()
  for (const bindings of [asked, actual]) {
    for (const [key, hosts] of Object.entries(bindings)) {
      const port = parsePortKey(key)
      for (const host of hosts ?? []) {
        const hostPort = Number(host.HostPort)
        if (!port || !Number.isInteger(hostPort) || hostPort <= 0) continue
        const id = `${key}:${hostPort}`
        if (!ports.has(id)) ports.set(id, { ...port, hostIp: host.HostIp || '0.0.0.0', hostPort })
      }
    }
  }
  return [...ports.values()]
}

export function parsePortKey(key: string): { containerPort: number; protocol: Protocol } | undefined {
  const [port, protocol = 'tcp'] = key.split('/')
  const containerPort = Number(port)
  if (!Number.isInteger(containerPort) || (protocol !== 'tcp' && protocol !== 'udp')) return undefined
  return { containerPort, protocol }
}

export function splitEnv(line: string): [string, string] {
  const equals = line.indexOf('=')
  return equals === -1 ? [line, ''] : [line.slice(0, equals), line.slice(equals + 1)]
}

export function mapHealthcheck(config: RawHealthcheck | null | undefined): Healthcheck | undefined {
  if (!config?.Test) return undefined
  const ms = (nanoseconds: number | null | undefined) => (nanoseconds ? nanoseconds / NANOSECONDS_PER_MS : undefined)
  return {
    test: config.Test,
    intervalMs: ms(config.Interval),
    timeoutMs: ms(config.Timeout),
    startPeriodMs: ms(config.StartPeriod),
    retries: config.Retries ?? undefined
  }
}
