// A manager is available if both its engine and its Swarm answer.

import type { EngineAvailability, EngineStatus } from '../contract/availability.ts'
import { isAppError, type AppError } from '../../errors.ts'
import { sleep } from '../../lib/sleep.ts'
import type { Connection } from '../docker/connection.ts'
import type { NodeRecord } from '../contract/nodes.ts'

export type Availability = ReturnType<typeof createAvailability>

const RETRY_MS = 1_000

export function createAvailability({
  connection,
  probe
}: {
  connection: Pick<Connection, 'status' | 'onStatus' | 'whenAvailable'>
  probe: () => Promise<ReadonlyMap<string, NodeRecord>>
}): Omit<EngineAvailability, 'figures'> & { note<T>(answer: Promise<T>): Promise<T> } {
  const watchers = new Set<(status: EngineStatus) => void>()
  let lost: { reason: string; since: string } | undefined

  function status(): EngineStatus {
    const engine = connection.status()
    return engine.available && lost ? { available: false, address: engine.address, ...lost } : engine
  }

  function tell(): void {
    for (const watcher of watchers) watcher(status())
  }

  function set(reason: string | undefined): void {
    const changes = (lost === undefined) !== (reason === undefined)
    lost = reason === undefined ? undefined : { reason, since: lost?.since ?? new Date().toISOString() }
    if (changes) tell()
  }

  /** Learns from an answer whether the Swarm is available. */
  async function note<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer
      set(undefined)
      return value
    } catch (error) {
      if (isAppError(error, 'SWARM_UNAVAILABLE', 'ENGINE_TIMEOUT', 'ENGINE_FAILED')) set(reasonOf(error))
      throw error
    }
  }

  connection.onStatus(tell)

  return {
    status,
    note,
    onStatus: (watcher) => void watchers.add(watcher),

    async whenAvailable(signal) {
      for (;;) {
        await connection.whenAvailable(signal)
        const isThere = await note(probe()).then(
          () => true,
          () => false
        )
        if (isThere) return
        await sleep(RETRY_MS, signal)
        signal.throwIfAborted()
      }
    }
  }
}

function reasonOf(error: AppError): string {
  const isLost = error.code === 'SWARM_UNAVAILABLE' && error.message.startsWith('The engine could not')
  if (isLost) return 'its Swarm has no quorum of managers'
  return error.code === 'SWARM_UNAVAILABLE' ? error.message : 'the managers of its Swarm do not answer'
}
