// The engine's machine, and what takes up its disk.

import type { EngineSystem } from '../contract/system.ts'
import type { Calls } from './calls.ts'
import { mapInfo, type RawInfo } from './map.ts'

// The engine adds up files for this, which takes as long as there are many.
const USAGE_TIMEOUT_MS = 120_000

type RawUsage = {
  Containers?: { Id: string; SizeRw?: number }[] | null
  Images?: { Id: string; Size?: number; SharedSize?: number }[] | null
  Volumes?:
    | {
        Name: string
        CreatedAt?: string
        Labels?: Record<string, string> | null
        UsageData?: { RefCount?: number; Size?: number } | null
      }[]
    | null
  BuildCache?:
    | { InUse?: boolean; Shared?: boolean; Size?: number; LastUsedAt?: string | null; CreatedAt?: string }[]
    | null
}

export function createSystemCalls({ ask, change }: Calls): EngineSystem {
  return {
    async info() {
      return mapInfo(await ask<RawInfo>({ method: 'GET', path: '/info', what: 'describe itself' }))
    },

    async diskUsage() {
      const asked = { method: 'GET', path: '/system/df', what: 'say what takes up its disk' } as const
      const usage = await ask<RawUsage>({ ...asked, timeoutMs: USAGE_TIMEOUT_MS }, 'streams')
      return {
        containers: new Map((usage.Containers ?? []).map(({ Id: id, SizeRw: bytes = 0 }) => [id, bytes])),
        images: new Map(
          (usage.Images ?? []).map(({ Id: id, Size: size = 0, SharedSize: shared = 0 }) => [
            id,
            size - Math.max(0, shared)
          ])
        ),
        volumes: (usage.Volumes ?? []).map(({ Name: name, CreatedAt: createdAt, Labels: labels, UsageData: data }) => ({
          name,
          labels: labels ?? {},
          createdAt: createdAt ?? null,
          sizeBytes: Math.max(0, data?.Size ?? 0),
          // -1 is said where the engine does not know.
          isUsed: (data?.RefCount ?? -1) !== 0
        })),
        buildCache: (usage.BuildCache ?? []).map((entry) => ({
          sizeBytes: entry.Size ?? 0,
          isUsed: Boolean(entry.InUse) || Boolean(entry.Shared),
          lastUsedAt: entry.LastUsedAt ?? entry.CreatedAt ?? null
        }))
      }
    },

    async pruneBuildCache(olderThanSeconds) {
      const filters = olderThanSeconds > 0 ? { until: [`${olderThanSeconds}s`] } : {}
      const asked = { method: 'POST', path: '/build/prune', query: { filters }, what: 'empty its build cache' } as const
      const { SpaceReclaimed: bytes = 0 } = await change<{ SpaceReclaimed?: number }>({
        ...asked,
        timeoutMs: USAGE_TIMEOUT_MS
      })
      return bytes
    }
  }
}
