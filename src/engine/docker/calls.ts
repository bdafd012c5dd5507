// The ways to ask an engine something, as the files of this folder hand them on to each other.

import type { Readable } from 'node:stream'
import { isAppError } from '../../errors.ts'
import type { EngineRequest } from './request.ts'

export type Asked = Omit<EngineRequest, 'timeoutMs'> & {
  timeoutMs?: number
  /**
   * Ends the wait of a change for its turn, and not the change: once it was sent the engine carries it out, and without its
   * answer nobody would know.
   */
  queueSignal?: AbortSignal | undefined
}

export type Calls = {
  /** A read. It does not wait for others. */
  ask: <T>(asked: Asked, kind?: 'calls' | 'streams') => Promise<T>
  /** A change. It waits for its turn. */
  change: <T>(asked: Asked) => Promise<T>
  /** A change that makes something new. It is refused when too many wait. */
  make: <T>(asked: Asked) => Promise<T>
  stream: (asked: Asked) => Promise<Readable>
}

/** Undefined when what was to be removed is not there. */
export async function unlessGone<T>(
  code: 'CONTAINER_NOT_FOUND' | 'IMAGE_NOT_FOUND' | 'NETWORK_NOT_FOUND',
  removal: Promise<T>
): Promise<T | undefined> {
  try {
    return await removal
  } catch (error) {
    if (isAppError(error, code)) return undefined
    throw error
  }
}
