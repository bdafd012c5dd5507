// Converts changes in the rest of the server to events.

import type { Owner } from '../access/ownership.ts'
import type { EngineStatus } from '../engine/contract/availability.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineNodes, NodeRecord } from '../engine/contract/nodes.ts'
import type { EngineEvent } from '../engine/contract/watch.ts'
import type { Change } from '../inventory/bus.ts'
import type { PortChange } from '../ports/allocator.ts'
import type { EventLog } from './log.ts'
import { nodeEvents } from './nodes.ts'
import type { EventType } from './types.ts'

type Sources = {
  inventory: {
    onChange(watcher: (change: Change) => void): unknown
    onSync(watcher: () => void): unknown
    onNetworks(watcher: (event: EngineEvent) => void): unknown
  }
  ports: { onChange(watcher: (change: PortChange) => void): unknown }
  /** Undefined for a missing network. */
  ownerOfNetwork: (id: string) => Promise<Owner | undefined>
  engine: { onStatus(watcher: (status: EngineStatus) => void): unknown }
  /** Of a Swarm. */
  nodes?: Pick<EngineNodes, 'onNodes'> | undefined
}

const SHORT_ID = 12

const OF_NO_TOKEN: Owner = { owner: null }

export function recordEvents(log: EventLog, { inventory, ports, engine, ownerOfNetwork, nodes }: Sources): void {
  // Containers found by the first read existed before.
  let isKnown = false
  inventory.onSync(() => (isKnown = true))
  inventory.onChange((change) => {
    if (!isKnown) return
    const record = change.after ?? change.before
    if (!record) return
    const subject = { owner: record.berth, labels: record.labels }
    for (const { type, facts } of containerEvents(change)) log.add(type, facts, subject)
  })
  // The engine does not report the owner of a network, and the owner of a removed one is unknown.
  const owners = new Map<string, Owner>()
  let told = Promise.resolve()
  async function tell({ action, id, attributes }: EngineEvent): Promise<void> {
    const facts = { id: id.slice(0, SHORT_ID), name: attributes.name ?? '' }
    const owner = owners.get(id) ?? (await ownerOfNetwork(id).catch(() => undefined)) ?? OF_NO_TOKEN
    if (action === 'create') owners.set(id, owner)
    else owners.delete(id)
    log.add(action === 'create' ? 'network.created' : 'network.removed', facts, { owner })
  }
  inventory.onNetworks((event) => {
    told = told.then(() => tell(event))
  })
  ports.onChange(({ port, protocol, from, to }) => {
    if (isKnown) log.add('port.changed', { port, protocol, from, to })
  })
  let seen: readonly NodeRecord[] | undefined
  nodes?.onNodes((now) => {
    for (const { type, facts } of nodeEvents(seen, now)) log.add(type, facts)
    seen = now
  })
  engine.onStatus((status) => {
    if (status.available) log.add('engine.available', { version: status.version, address: status.address })
    else log.add('engine.unavailable', { reason: status.reason })
  })
}

type Found = { type: EventType; facts: Record<string, unknown> }

/** The events between two records of a container. Pure. */
export function containerEvents({ before, after }: Pick<Change, 'before' | 'after'>): Found[] {
  const record = after ?? before
  if (!record) return []
  const facts = factsOf(record)
  if (!after) return [{ type: 'container.removed', facts }]
  const found: Found[] = []
  if (!before) found.push({ type: 'container.created', facts })
  else if (before.name !== after.name) found.push({ type: 'container.renamed', facts: { ...facts, from: before.name } })
  if (before?.state !== after.state && after.state !== 'created')
    found.push({ type: `container.${after.state}`, facts })
  else if (before && before.startedAt !== after.startedAt)
    found.push({ type: after.state === 'running' ? 'container.restarted' : `container.${after.state}`, facts })
  // The engine calls an exited container "unhealthy".
  if (before?.health !== after.health && after.health && after.state === 'running')
    found.push({ type: 'container.health', facts: { ...facts, health: after.health } })
  if (
    before &&
    (before.limits.memoryBytes !== after.limits.memoryBytes ||
      before.limits.cpus !== after.limits.cpus ||
      before.limits.pids !== after.limits.pids ||
      before.restart !== after.restart)
  ) {
    found.push({ type: 'container.updated', facts })
  }
  return found
}

function factsOf(record: ContainerRecord): Record<string, unknown> {
  const { id, name, image, state, exitCode, oomKilled } = record
  return {
    id: id.slice(0, SHORT_ID),
    name,
    image,
    state,
    ...(exitCode !== null && { exit_code: exitCode, oom_killed: oomKilled })
  }
}
