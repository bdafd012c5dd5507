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
      call: async ({ name }) => ({ stats: await stats.latest(name) })
    }),

    getDockerStatsHistory: unary({
      operation: 'getContainerStatsHistory',
      scope: 'read',
      request: Type.Composite([Named, HistoryQuery]),
      call: ({ name, seconds }) => stats.history(name, seconds)
    }),

    streamDockerStats: streaming({
      operation: 'streamContainerStats',
      scope: 'read',
      request: Named,
      call: ({ name }, { signal }) => messages(stats.stream(name, undefined, signal))
    }),

    getAllDockerStats: unary({ operation: 'getAllStats', scope: 'read', request: Nothing, call: () => stats.all() }),

    streamAllDockerStats: streaming({
      operation: 'streamAllStats',
      scope: 'read',
      request: Nothing,
      call: (_request, { signal }) => messages(stats.streamAll(signal))
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
