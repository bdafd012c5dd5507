import { Type } from '@sinclair/typebox'
import { streaming, unary, type DockerMethods } from '../rpc/methods.ts'
import type { Pruner } from './prune.ts'
import { CleanSystem } from './schemas.ts'
import type { SystemService } from './service.ts'

const Nothing = Type.Object({})

export function systemRpc({ system, prune }: { system: SystemService; prune: Pruner }) {
  return {
    getSystemStats: unary({ operation: 'getSystemStats', scope: 'read', request: Nothing, call: () => system.stats() }),

    streamSystemStats: streaming({
      operation: 'streamSystemStats',
      scope: 'read',
      request: Nothing,
      call: async function* (_request, { signal }) {
        for await (const item of system.streamStats(signal)) yield 'missed' in item ? item : { stats: item.stats }
      }
    }),

    getSystemInfo: unary({ operation: 'getSystemInfo', scope: 'read', request: Nothing, call: () => system.info() }),

    cleanDockerSystem: unary({ operation: 'cleanSystem', scope: 'admin', request: CleanSystem, call: prune })
  } satisfies Partial<DockerMethods>
}
