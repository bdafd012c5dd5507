// Turns what the rest of the server notices into events.

import type { EngineStatus } from '../engine/contract/availability.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineEvent } from '../engine/contract/watch.ts'
import type { Change } from '../inventory/bus.ts'
import type { PortChange } from '../ports/allocator.ts'
import type { EventLog } from './log.ts'

type Sources = {
  inventory: {
    onChange(watcher: (change: Change) => void): unknown
    onSync(watcher: () => void): unknown
    onNetworks(watcher: (event: EngineEvent) => void): unknown
  }
  ports: { onChange(watcher: (change: PortChange) => void): unknown }
  engine: { onStatus(watcher: (status: EngineStatus) => void): unknown }
}

const SHORT_ID = 12

export function recordEvents(log: EventLog, { inventory, ports, engine }: Sources): void {
  // What is found at the first reading was there before.
  let isKnown = false
  inventory.onSync(() => (isKnown = true))
  inventory.onChange((change) => {
    if (!isKnown) return
    const record = change.after ?? change.before
    if (!record) return
    const subject = { owner: record.berth, labels: record.labels }
    for (const { type, facts } of containerEvents(change)) log.add(type, facts, subject)
  })
  inventory.onNetworks(({ action, id, attributes }) => {
    const facts = { id: id.slice(0, SHORT_ID), name: attributes.name ?? '' }
    if (action === 'create') log.add('network.created', facts)
    else log.add('network.removed', facts)
  })
  ports.onChange(({ port, protocol, from, to }) => {
    if (isKnown) log.add('port.changed', { port, protocol, from, to })
  })
  engine.onStatus((status) => {
    if (status.available) log.add('engine.available', { version: status.version, address: status.address })
    else log.add('engine.unavailable', { reason: status.reason })
  })
}

type Found = { type: string; facts: Record<string, unknown> }

/** What has happened to a container between two looks at it. Pure. */
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
  // What has ended is "unhealthy" to the engine.
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
