// The state of an engine in memory, and its clock, which advances by a second with every event.

import type { ContainerRecord, ContainerSpec } from '../../../src/engine/contract/containers.ts'
import type { NetworkRecord } from '../../../src/engine/contract/networks.ts'
import type { LogLine } from '../../../src/engine/contract/workloads.ts'
import type { Folder } from './file-tree.ts'
import { idOf, image } from '../records.ts'

export type Kept = { record: ContainerRecord; spec: ContainerSpec; lines: LogLine[]; files: Folder }
export type State = ReturnType<typeof createState>

const START_MS = Date.parse('2026-01-01T00:00:00Z')
export const START = new Date(START_MS).toISOString()

/** The first is the default. */
export const RUNTIMES = ['runc', 'runsc'] as const

export function createState(images: string[]) {
  let clock = START_MS
  return {
    /** By full id. */
    containers: new Map<string, Kept>(),
    /** By each of their names. */
    images: new Map(images.map((tag) => [tag, image({ tags: [tag] })])),
    /** The images in the registries of this test. */
    remote: new Set<string>(),
    networks: new Map([network('bridge'), network('host', { driver: 'host' })].map((each) => [each.name, each])),
    /** Their labels, by name. */
    volumes: new Map<string, Record<string, string>>(),
    /** Ports on which other programs of the machine listen. */
    foreignPorts: new Set<number>(),
    now: () => clock,
    tick: () => new Date((clock += 1_000)).toISOString().replace('Z', '000000Z')
  }
}

export function network(name: string, given: Partial<NetworkRecord> = {}): NetworkRecord {
  return {
    id: idOf(`network ${name}`),
    name,
    driver: 'bridge',
    scope: 'local',
    createdAt: START,
    subnets: ['172.18.0.0/16'],
    internal: false,
    attachable: false,
    labels: {},
    bridge: null,
    joinable: false,
    ...given
  }
}
