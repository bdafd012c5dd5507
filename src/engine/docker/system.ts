// The engine's machine and disk usage.

import type { EngineSystem } from '../contract/system.ts'
import type { Calls } from './calls.ts'
import { mapUsage } from './map-usage.ts'
import { mapInfo } from './map.ts'
import { readInfo, readPruned, readUsage } from './schemas/system.ts'

// The engine adds up files for this, which takes long if there are many.
const USAGE_TIMEOUT_MS = 120_000

export function createSystemCalls({ ask, change }: Calls): EngineSystem {
  return {
    async info() {
      return mapInfo(await ask({ method: 'GET', path: '/info', what: 'describe itself', answer: readInfo }))
    },

    async diskUsage() {
      const asked = {
        method: 'GET',
        path: '/system/df',
        // From API 1.52 on, the items are listed only on request.
        query: { verbose: true },
        what: 'say what takes up its disk',
        answer: readUsage
      } as const
      return mapUsage(await ask({ ...asked, timeoutMs: USAGE_TIMEOUT_MS }, 'streams'))
    },

    async pruneBuildCache(olderThanSeconds) {
      const filters = olderThanSeconds > 0 ? { until: [`${olderThanSeconds}s`] } : {}
      const asked = {
        method: 'POST',
        path: '/build/prune',
        query: { filters },
        what: 'empty its build cache',
        answer: readPruned
      } as const
      const { SpaceReclaimed: bytes } = await change({
        ...asked,
        timeoutMs: USAGE_TIMEOUT_MS
      })
      return bytes ?? 0
    }
  }
}
