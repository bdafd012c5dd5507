// The kinds of calls to an engine, as the files of this folder use them.

import type { Duplex, Readable } from 'node:stream'
import { isAppError } from '../../errors.ts'
import type { EngineRequest, Head } from './request.ts'

export type Asked<T = unknown> = Omit<EngineRequest<T>, 'timeoutMs'> & {
  timeoutMs?: number
  /**
   * Ends the wait of a queued change, but not a sent one: the engine carries it out anyway, and without its answer the
   * outcome would be unknown.
   */
  queueSignal?: AbortSignal | undefined
}

export type Calls = {
  /** A read. It does not wait for others. */
  ask: <T>(asked: Asked<T>, kind?: 'calls' | 'streams') => Promise<T>
  /** A change. It waits for its turn. */
  change: <T>(asked: Asked<T>) => Promise<T>
  /** A change that creates something. It is refused if too many wait. */
  make: <T>(asked: Asked<T>) => Promise<T>
  /** The headers of the answer to a read. */
  look: (asked: Omit<Asked, 'method'>) => Promise<Head>
  stream: (asked: Asked) => Promise<Readable>
  /** A stream that may be silent for any time. It ends when the engine hangs, which the stream itself cannot show. */
  watch: (asked: Asked) => Promise<Readable>
  /** A connection that carries bytes both ways. */
  connect: (asked: Asked) => Promise<Duplex>
}

/** Undefined if the engine reports that the object does not exist. */
export async function unlessGone<T>(
  code: 'CONTAINER_NOT_FOUND' | 'IMAGE_NOT_FOUND' | 'NETWORK_NOT_FOUND',
  call: Promise<T>
): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isAppError(error, code)) return undefined
    throw error
  }
}
