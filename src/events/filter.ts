// Selects the events of a request. Pure.

import { hasLabels } from '../lib/label-filter.ts'
import { typesLike } from './types.ts'

export type EventFilter = {
  /** A type such as `container.exited`, or all types of a kind: `container`, `container.*`. */
  type?: string[] | undefined
  /** Id, id prefix, or name. */
  container?: string | undefined
  /** Labels of its container, `name` or `name=value`. */
  label?: string[] | undefined
}
export type Facts = { type: string; id?: unknown; name?: unknown }

const SHORTEST_ID = 4

export function createFilter({ type, container, label }: EventFilter) {
  const isWanted = type?.map(typesLike)
  return ({ type: kind, id, name }: Facts, labels: Record<string, string> | undefined): boolean => {
    if (isWanted && !isWanted.some((matches) => matches(kind))) return false
    if (container === undefined && label === undefined) return true
    if (labels === undefined) return false
    return (container === undefined || isCalled(container, id, name)) && hasLabels(labels, label)
  }
}

function isCalled(container: string, id: unknown, name: unknown): boolean {
  if (container === name || typeof id !== 'string') return container === name
  // An event has the short id; the filter may have the full one.
  return container.length >= SHORTEST_ID && (id.startsWith(container) || container.startsWith(id))
}
