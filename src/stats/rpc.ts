import { Type } from '@sinclair/typebox'
import { streaming, unary, type DockerMethods } from '../rpc/methods.ts'
import { HistoryQuery, StatsParams } from './schemas.ts'
import type { Followed, StatsService } from './service.ts'

const Named = Type.Object({ name: StatsParams.properties.id })
const Nothing = Type.Object({})

export function statsRpc({ stats }: { stats: StatsService }) {
  return {
    getDockerStats: unary({
      operation: 'getContainerStats',
      scope: 'read',
      request: Named,
      call: async ({ name }, { caller }) => ({ stats: await stats.latest(caller, name) })
    }),

    getDockerStatsHistory: unary({
      operation: 'getContainerStatsHistory',
      scope: 'read',
      request: Type.Composite([Named, HistoryQuery]),
      call: ({ name, seconds }, { caller }) => stats.history(caller, name, seconds)
    }),

    streamDockerStats: streaming({
      operation: 'streamContainerStats',
      scope: 'read',
      request: Named,
      call: ({ name }, { caller, signal }) => messages(stats.stream(caller, name, undefined, signal))
    }),

    getAllDockerStats: unary({
      operation: 'getAllStats',
      scope: 'read',
      request: Nothing,
      call: (_request, { caller }) => stats.all(caller)
    }),

    streamAllDockerStats: streaming({
      operation: 'streamAllStats',
      scope: 'read',
      request: Nothing,
      call: (_request, { caller, signal }) => messages(stats.streamAll(caller, signal))
    })
  } satisfies Partial<DockerMethods>
}

async function* messages(items: AsyncIterable<Followed | { stats: object }>): AsyncGenerator<object> {
  for await (const item of items) {
    if ('missed' in item) yield item
    else if ('ended' in item) yield { end: { reason: item.ended } }
    else yield { stats: 'stats' in item ? item.stats : item.history }
  }
}
