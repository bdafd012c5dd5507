// Lease, try, block ports that the engine finds taken, try the next, release. Only the start of a container proves its port.

import { randomUUID } from 'node:crypto'
import type { ContainerRecord, Protocol } from '../engine/contract/containers.ts'
import { isAppError } from '../errors.ts'
import type { Lease } from './allocator.ts'

export type WantedLease = {
  protocol: Protocol
  /** By default the next free one. */
  hostPort: number | undefined
  /** Whether another port is acceptable if this one is unavailable. */
  isPreference?: boolean
}

const TAKEN = 'the engine found it taken by somebody else'
const MAX_TRIES = 20

export function createLeasing({
  lease,
  reclaim
}: {
  /** Only the first attempt rechecks ports that were found taken before; later attempts have met them. */
  lease(wanted: WantedLease[], holder: string, isFirstTry?: boolean): Promise<Lease[]>
  reclaim(record: ContainerRecord, holder: string): Promise<Lease[] | undefined>
}) {
  return {
    /** Each attempt has its own leases and id. The leases are released when the task ends. */
    async withLeases<T>(wanted: WantedLease[], task: (leases: Lease[], id: string) => Promise<T>): Promise<T> {
      for (let tries = 1; ; tries++) {
        const id = randomUUID()
        const leases = await lease(wanted, id, tries === 1)
        try {
          return await task(leases, id)
        } catch (error) {
          const taken = takenOf(leases, error)
          const asked = taken && wanted[leases.indexOf(taken)]
          const isMovable = asked && (asked.hostPort === undefined || asked.isPreference)
          if (!isMovable || tries === MAX_TRIES) throw error
          taken.block(TAKEN)
        } finally {
          release(leases)
        }
      }
    },

    /** Runs the task on the former ports of a stopped container. Undefined if one of them is no longer available. */
    async withOwnPorts<T>(record: ContainerRecord, task: () => Promise<T>): Promise<T | undefined> {
      const leases = await reclaim(record, randomUUID())
      if (!leases) return undefined
      try {
        return await task()
      } catch (error) {
        if (!isAppError(error, 'PORT_UNAVAILABLE')) throw error
        takenOf(leases, error)?.block(TAKEN)
        return undefined
      } finally {
        release(leases)
      }
    }
  }
}

function takenOf(leases: Lease[], error: unknown): Lease | undefined {
  if (!isAppError(error, 'PORT_UNAVAILABLE')) return undefined
  return leases.find(({ port }) => port === error.facts?.port) ?? (leases.length === 1 ? leases[0] : undefined)
}

function release(leases: Lease[]): void {
  for (const lease of leases) lease.release()
}
