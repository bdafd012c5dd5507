// Whether the inventory knows the engine's containers, and the age of its records.

import type { EngineAvailability } from '../engine/contract/availability.ts'
import { AppError } from '../errors.ts'
import type { Topic } from '../lib/topic.ts'

export type Readiness = ReturnType<typeof createReadiness>

const FIRST_READ_MS = 10_000

type Options = { engine: Pick<EngineAvailability, 'status'>; syncs: Topic<void>; now: () => number }

export function createReadiness({ engine, syncs, now }: Options) {
  let inSync = false
  let knownAt: number | undefined

  function unavailable(): AppError {
    const status = engine.status()
    const reason = status.available ? 'Berth is still reading its containers' : status.reason
    return new AppError('ENGINE_UNAVAILABLE', `The Docker engine does not answer (${reason}). Berth keeps trying.`)
  }

  /** Before the first read nothing is known about any container. The read takes a moment. */
  async function whenKnown(): Promise<void> {
    if (knownAt !== undefined) return
    if (!engine.status().available) throw unavailable()
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => {
        stop()
        reject(unavailable())
      }, FIRST_READ_MS)
      const stop = syncs.on(() => {
        clearTimeout(limit)
        stop()
        resolve()
      })
    })
  }

  return {
    whenKnown,

    /** Changes need an engine that answers. */
    async whenReady(): Promise<void> {
      if (!engine.status().available) throw unavailable()
      await whenKnown()
    },

    /** Age of the records while the engine cannot be watched. Null if they are up to date. */
    staleMs(): number | null {
      if (inSync && engine.status().available) return null
      return knownAt === undefined ? 0 : Math.round(now() - knownAt)
    },

    /** A full read has ended. */
    known(): void {
      knownAt = now()
    },

    inStep(is: boolean): void {
      inSync = is
    }
  }
}
