// Every type of event. The part before the dot is its kind.

import { glob } from '../lib/glob.ts'

export const EVENT_TYPES = [
  'container.created',
  'container.running',
  'container.paused',
  'container.restarting',
  'container.removing',
  'container.exited',
  'container.dead',
  'container.removed',
  'container.renamed',
  'container.restarted',
  'container.health',
  'container.updated',
  'build.pending',
  'build.in_progress',
  'build.completed',
  'build.failed',
  'build.cancelled',
  'port.changed',
  'network.created',
  'network.removed',
  'node.added',
  'node.updated',
  'node.removed',
  'engine.available',
  'engine.unavailable'
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** A type, all of a kind (`container`), or a pattern (`container.re*`). */
export function typesLike(wanted: string): (type: string) => boolean {
  return glob(wanted.includes('.') || wanted.includes('*') ? wanted : `${wanted}.*`)
}
