// The events between two polls of the nodes of a Swarm. Pure.

import type { NodeRecord } from '../engine/contract/nodes.ts'
import type { EventType } from './types.ts'

type Found = { type: EventType; facts: Record<string, unknown> }

/** The first poll yields no events. */
export function nodeEvents(before: readonly NodeRecord[] | undefined, after: readonly NodeRecord[]): Found[] {
  if (!before) return []
  const earlier = new Map(before.map((node) => [node.id, node]))
  const found: Found[] = []
  for (const node of after) {
    const old = earlier.get(node.id)
    earlier.delete(node.id)
    if (!old) found.push({ type: 'node.added', facts: factsOf(node) })
    else if (differs(factsOf(old), factsOf(node))) found.push({ type: 'node.updated', facts: factsOf(node) })
  }
  return [...found, ...[...earlier.values()].map((node) => ({ type: 'node.removed' as const, facts: factsOf(node) }))]
}

function factsOf({ id, name, role, state, availability, isLeader, isReachable, address }: NodeRecord) {
  return { id, name, role, state, availability, leader: isLeader, reachable: isReachable, address }
}

function differs(one: Record<string, unknown>, other: Record<string, unknown>): boolean {
  return Object.keys(one).some((key) => one[key] !== other[key])
}
