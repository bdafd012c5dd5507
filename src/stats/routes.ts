import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { eventsOf, StreamEnd, StreamGap, type StreamEvent, type Streams } from '../http/streams.ts'
import { createJsonCache } from '../http/json-cache.ts'
import { ref } from '../lib/schema.ts'
import { AllStats, ContainerStats, HistoryQuery, StatsHistory, StatsParams } from './schemas.ts'
import type { Followed, StatsService } from './service.ts'

const tags = ['statistics']
const ResumeHeaders = Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 40 })) })

export const statsRoutes: FastifyPluginAsyncTypebox<{ stats: StatsService; streams: Streams }> = async (
  app,
  { stats, streams }
) => {
  // All watchers share one sample.
  const textOf = createJsonCache()
  const toEvent = (item: Followed | { stats: object; at: number }): StreamEvent => {
    if ('missed' in item) return { event: 'gap', data: item }
    if ('ended' in item) return { event: 'end', data: { reason: item.ended } }
    if ('history' in item) return { id: String(item.at), event: 'history', data: item.history }
    return { id: String(item.at), event: 'stats', text: textOf(item.stats) }
  }

  app.get(
    '/containers/:id/stats',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getContainerStats',
        tags,
        summary: 'Get the statistics of a container',
        description: 'Returns the latest sample, from memory. Berth takes one per second; `age_ms` is its age.',
        params: StatsParams,
        response: { 200: ref(ContainerStats) }
      }
    },
    async (request) => stats.latest(request.caller, request.params.id)
  )

  app.get(
    '/containers/:id/stats/history',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getContainerStatsHistory',
        tags,
        summary: 'Get the last five minutes of statistics',
        description: 'One sample per second, from memory. A restart clears the history.',
        params: StatsParams,
        querystring: HistoryQuery,
        response: { 200: ref(StatsHistory) }
      }
    },
    async (request) => stats.history(request.caller, request.params.id, request.query.seconds)
  )

  app.get(
    '/containers/:id/stats/stream',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'streamContainerStats',
        tags,
        summary: 'Stream the statistics of a container',
        description:
          'Server-sent events: `stats` once a second, `gap` if the reader was too slow, `end` when the container exits. With `Last-Event-ID`, `history` holds the missed samples.',
        params: StatsParams,
        headers: ResumeHeaders,
        response: {
          200: eventsOf(
            { stats: ContainerStats, gap: StreamGap, end: StreamEnd },
            { event: 'gap', data: { missed: 3 } }
          )
        }
      }
    },
    async (request, reply) => {
      const after = Number(request.headers['last-event-id'] ?? 0)
      await streams.send(reply, (signal) => stats.stream(request.caller, request.params.id, after, signal), toEvent)
      return reply
    }
  )

  app.get(
    '/stats',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getAllStats',
        tags,
        summary: 'Get the statistics of all running containers',
        description: 'Returns the latest sample of each container, about a second old at most.',
        response: { 200: ref(AllStats) }
      }
    },
    async ({ caller }) => stats.all(caller)
  )

  app.get(
    '/stats/stream',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'streamAllStats',
        tags,
        summary: 'Stream the statistics of all running containers',
        description: 'Server-sent events: `stats` with the response of `GET /stats`, `gap` if the reader was too slow.',
        response: { 200: eventsOf({ stats: AllStats, gap: StreamGap }, { event: 'gap', data: { missed: 3 } }) }
      }
    },
    async ({ caller }, reply) => {
      await streams.send(reply, (signal) => stats.streamAll(caller, signal), toEvent)
      return reply
    }
  )
}
