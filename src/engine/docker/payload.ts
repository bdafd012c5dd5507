// Converts our types to Docker's JSON. Built from parsed intent only, so nothing else can reach the engine: no privileged
// mode, host namespaces, bind mounts, devices or added capabilities.

import type { ContainerCreateOptions, MountSettings } from 'dockerode'
import type { ContainerSpec, ContainerUpdate, Healthcheck, Limits } from '../contract/containers.ts'

// Ordinary images need these to switch to their own user, own their files and listen on a low port. All others are
// dropped.
export const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID']
export const LOG_LIMITS = { 'max-size': '10m', 'max-file': '3' }
export const STOP_SECONDS = 10
const NANOSECONDS_PER_MS = 1e6
const CPU_PERIOD_US = 100_000

export function createPayload(spec: ContainerSpec): ContainerCreateOptions {
  return {
    Image: spec.image,
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: spec.labels,
    ...(spec.command && { Cmd: spec.command }),
    ...(spec.entrypoint && { Entrypoint: spec.entrypoint }),
    ...(spec.workingDir && { WorkingDir: spec.workingDir }),
    ...(spec.user && { User: spec.user }),
    ...(spec.healthcheck && { Healthcheck: healthcheckPayload(spec.healthcheck) }),
    // Explicit although it is Docker's default, since Podman records 0 without it.
    StopTimeout: spec.stopTimeoutSeconds ?? STOP_SECONDS,
    ...(spec.network &&
      spec.network.aliases.length > 0 && {
        NetworkingConfig: { EndpointsConfig: { [spec.network.name]: { Aliases: spec.network.aliases } } }
      }),
    ExposedPorts: Object.fromEntries(spec.ports.map((port) => [`${port.containerPort}/${port.protocol}`, {}])),
    HostConfig: {
      ...limitsPayload(spec.limits),
      ...(spec.readOnlyRoot && { ReadonlyRootfs: true }),
      ...(spec.runtime && { Runtime: spec.runtime }),
      PortBindings: portBindings(spec),
      ...(spec.network && { NetworkMode: spec.network.name }),
      RestartPolicy: { Name: spec.restart },
      Mounts: mounts(spec),
      CapDrop: ['ALL'],
      CapAdd: CAPABILITIES,
      SecurityOpt: ['no-new-privileges'],
      Init: true,
      LogConfig: { Type: 'json-file', Config: LOG_LIMITS }
    }
  }
}

export function updatePayload(update: ContainerUpdate, { isPodman }: { isPodman: boolean }): Record<string, unknown> {
  const { NanoCpus, ...limits } = limitsPayload(update)
  const { cpus } = update
  return {
    ...limits,
    // Podman ignores NanoCpus here; Docker refuses a quota for a container that was made with them.
    ...(cpus && (isPodman ? { CpuPeriod: CPU_PERIOD_US, CpuQuota: Math.round(cpus * CPU_PERIOD_US) } : { NanoCpus })),
    ...(update.restart && { RestartPolicy: { Name: update.restart } })
  }
}

/**
 * Podman 4 ignores these in the body of a commit. It takes a value as it stands, and Podman 5 as a Dockerfile does, so
 * only those that mean the same in both become instructions.
 */
export function commitInstructions({
  labels,
  emptied
}: {
  labels: Record<string, string>
  emptied: string[]
}): string[] {
  return [
    ...Object.entries(labels).map(([name, value]) => `LABEL ${name}=${value}`),
    ...emptied.map((name) => `ENV ${name}=`)
  ].filter((line) => /^[A-Z]+ [\w.-]+=[\w.:-]*$/.test(line))
}

function limitsPayload(limits: Partial<Limits>) {
  return {
    // The same value as the memory means no swap.
    ...(limits.memoryBytes && { Memory: limits.memoryBytes, MemorySwap: limits.memoryBytes }),
    ...(limits.cpus && { NanoCpus: Math.round(limits.cpus * 1e9) }),
    ...(limits.pids && { PidsLimit: limits.pids }),
    ...(limits.nofile && { Ulimits: [{ Name: 'nofile', Soft: limits.nofile, Hard: limits.nofile }] }),
    ...(limits.storageBytes && { StorageOpt: { size: String(limits.storageBytes) } }),
    ...(limits.ioWeight && { BlkioWeight: limits.ioWeight })
  }
}

function mounts({ volumes, volumeLabels }: ContainerSpec): MountSettings[] {
  return volumes.map(({ source, target, readOnly }) => ({
    Type: 'volume',
    Source: source,
    Target: target,
    ReadOnly: readOnly,
    // The engine needs no more than the types of its client ask for.
    ...(volumeLabels && { VolumeOptions: { Labels: volumeLabels } as MountSettings['VolumeOptions'] })
  }))
}

function portBindings(spec: ContainerSpec) {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {}
  for (const { containerPort, protocol, hostIp, hostPort } of spec.ports) {
    const hosts = (bindings[`${containerPort}/${protocol}`] ??= [])
    hosts.push({ HostIp: hostIp, HostPort: String(hostPort) })
  }
  return bindings
}

export function healthcheckPayload(check: Healthcheck) {
  const nanoseconds = (ms: number | undefined) => Math.round((ms ?? 0) * NANOSECONDS_PER_MS)
  return {
    Test: check.test,
    Interval: nanoseconds(check.intervalMs),
    Timeout: nanoseconds(check.timeoutMs),
    StartPeriod: nanoseconds(check.startPeriodMs),
    Retries: check.retries ?? 0
  }
}
