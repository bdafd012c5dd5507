// Why no node takes a task. Swarm counts the nodes that take no tasks, and does not name them. Pure.

import { AppError } from '../../errors.ts'
import type { NodeRecord } from '../contract/nodes.ts'

const WORDS = { drain: 'drained', pause: 'paused' } as const

export const isAnyReady = (nodes: Iterable<NodeRecord>): boolean => [...nodes].some(({ state }) => state === 'ready')

/** As for a moment after managers have their quorum back. It says nothing about the container. */
export function noneReady(nodes: Iterable<NodeRecord>): AppError {
  return new AppError('SWARM_UNAVAILABLE', `No node of the Swarm is ready: ${unfit(nodes)}.`)
}

/** Names the nodes. */
export function withNodes(error: AppError, nodes: Iterable<NodeRecord>): AppError {
  const names = unfit(nodes)
  if (error.code !== 'NODE_UNSUITABLE' || names === '') return error
  return new AppError(error.code, `${error.message} Not available: ${names}.`, { cause: error.cause })
}

function unfit(nodes: Iterable<NodeRecord>): string {
  return [...nodes].flatMap((node) => (whyNot(node) ? [`${node.name} is ${whyNot(node)}`] : [])).join(', ')
}

function whyNot({ state, availability }: NodeRecord): string | undefined {
  if (state !== 'ready') return state
  return availability === 'active' ? undefined : WORDS[availability]
}
