// Lease, try, block what the engine finds taken, try the next, release. A port is only proved when its container starts.

import { randomUUID } from 'node:crypto'
import type { ContainerRecord, Protocol } from '../engine/contract/containers.ts'
import { isAppError } from '../errors.ts'
import type { Lease } from './allocator.ts'

export type WantedLease = {
  protocol: Protocol
  /** Absent: the next free one. */
  hostPort: number | undefined
  /** Whether another port will do when this one cannot be had. */
  isPreference?: boolean
}

const TAKEN = 'the engine found it taken by somebody else'
const MAX_TRIES = 20

export function createLeasing({
  lease,
  reclaim
}: {
  /** Only the first try looks again at ports that were found taken before; those after it met them. */
  lease(wanted: WantedLease[], holder: string, isFirstTry?: boolean): Promise<Lease[]>
  reclaim(record: ContainerRecord, holder: string): Promise<Lease[] | undefined>
}) {
  return {
    /** Each try has leases and an id of its own. The leases are given back when the task ends. */
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

    /** Runs the task on the ports that a stopped container had. Undefined when one of them cannot be had any more. */
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
