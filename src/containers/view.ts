// A container as the API shows it.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import { isReservedLabel } from '../engine/labels.ts'
import { AppError } from '../errors.ts'
import { shortId } from '../inventory/ids.ts'
import type { Container } from './schemas.ts'

export function viewContainer(record: ContainerRecord, expiresAt: string | null): Container {
  const { limits } = record
  return {
    id: shortId(record.id),
    name: record.name,
    status: record.state,
    image: record.berth.image ?? record.image,
    ports: Object.fromEntries(
      record.ports.map((port) => [
        `${port.containerPort}/${port.protocol}`,
        `${bracketed(port.hostIp)}:${port.hostPort}`
      ])
    ),
    created: record.createdAt,
    state: record.state,
    url: urlOf(record),
    full_id: record.id,
    // The engine calls every exited or paused container unhealthy.
    health: record.state === 'running' ? record.health : null,
    exit_code: record.exitCode,
    oom_killed: record.oomKilled,
    limits: {
      memory: limits.memoryBytes,
      cpus: limits.cpus,
      pids: limits.pids,
      nofile: limits.nofile,
      storage_size: limits.storageBytes,
      io_weight: limits.ioWeight
    },
    read_only: record.readOnlyRoot,
    runtime: record.runtime,
    restart: record.restart,
    restart_count: record.restartCount,
    labels: Object.fromEntries(Object.entries(record.labels).filter(([name]) => !isReservedLabel(name))),
    env: record.envNames,
    command: record.command,
    networks: record.networks,
    volumes: record.volumes.map(({ source, target, readOnly }) => ({ source, target, read_only: readOnly })),
    node: record.node,
    managed: record.berth.managed,
    owner: record.berth.owner,
    team: record.berth.team ?? null,
    started_at: record.startedAt,
    finished_at: record.finishedAt,
    expires_at: expiresAt
  }
}

export function urlOf(record: ContainerRecord): string | null {
  const port = record.ports.find(({ protocol }) => protocol === 'tcp')
  return port && record.state === 'running' ? `http://${reachableHost(port.hostIp)}:${port.hostPort}` : null
}

/** An address to connect to, from a listening address: "all addresses" is not one. */
export function reachableHost(hostIp: string): string {
  if (hostIp === '0.0.0.0' || hostIp === '') return '127.0.0.1'
  if (hostIp === '::') return '[::1]'
  return bracketed(hostIp)
}

const bracketed = (hostIp: string): string => (hostIp.includes(':') ? `[${hostIp}]` : hostIp)

export function notRunning(record: ContainerRecord): AppError {
  return new AppError('CONTAINER_NOT_RUNNING', `Container ${record.name} is ${record.state}.`, {
    facts: { state: record.state }
  })
}
