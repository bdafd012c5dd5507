// Containers as the engine would describe them, with defaults for fields that a test does not set.

import { createHash } from 'node:crypto'
import type { ContainerRecord, PortBinding } from '../../src/engine/contract/containers.ts'
import type { ImageRecord } from '../../src/engine/contract/images.ts'
import { readFacts } from '../../src/engine/labels.ts'

/** A full id, the same for the same word. */
export const idOf = (word: string | number): string => createHash('sha256').update(String(word)).digest('hex')

export function container(given: Partial<ContainerRecord> = {}): ContainerRecord {
  const name = given.name ?? 'web'
  return {
    id: idOf(name),
    name,
    image: 'app:1',
    imageId: `sha256:${idOf('app:1')}`,
    state: 'running',
    health: null,
    exitCode: null,
    oomKilled: false,
    error: '',
    pid: 4711,
    createdAt: '2026-01-01T00:00:00.000000000Z',
    startedAt: '2026-01-01T00:00:01.000000000Z',
    finishedAt: null,
    restartCount: 0,
    restart: 'no',
    ports: [],
    labels: {},
    berth: readFacts(given.labels ?? {}),
    command: ['serve'],
    envNames: [],
    limits: { memoryBytes: null, cpus: null, pids: null, nofile: null, storageBytes: null, ioWeight: null },
    readOnlyRoot: false,
    runtime: 'runc',
    networks: [],
    volumes: [],
    anonymousVolumes: [],
    mounts: [],
    tty: false,
    stopTimeoutSeconds: 10,
    hostNetwork: false,
    freedoms: [],
    node: null,
    ...given
  }
}

export function binding(hostPort: number, containerPort = 5000, protocol: 'tcp' | 'udp' = 'tcp'): PortBinding {
  return { containerPort, protocol, hostIp: '127.0.0.1', hostPort }
}

export const silentLog = { debug() {}, info() {}, warn() {}, error() {} }

export function image(given: Partial<ImageRecord> = {}): ImageRecord {
  const tags = given.tags ?? ['app:1']
  return {
    id: `sha256:${idOf(tags[0] ?? 'image')}`,
    tags,
    digests: [],
    createdAt: '2026-01-01T00:00:00.000Z',
    sizeBytes: 1_000_000,
    labels: {},
    architecture: 'amd64',
    os: 'linux',
    exposedPorts: [],
    command: [],
    entrypoint: [],
    envNames: [],
    workingDir: '',
    user: '',
    volumes: [],
    healthcheck: undefined,
    triggers: [],
    layers: 1,
    ...given
  }
}
