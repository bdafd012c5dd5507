import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { eventsOf, StreamGap, type Streams } from '../http/streams.ts'
import { ref } from '../lib/schema.ts'
import type { Pruner } from './prune.ts'
import { About, Cleaned, CleanSystem, Health, SystemInfo, SystemStats } from './schemas.ts'
import type { SystemService } from './service.ts'

type Options = { system: SystemService; prune: Pruner; streams: Streams }

export const systemRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { system, prune, streams }) => {
  const tags = ['server']

  app.get(
    '/',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getAbout',
        tags,
        summary: 'Describe this server',
        description: 'Returns the name, the version, links to the documentation, and every path with its summary.',
        response: { 200: ref(About) }
      }
    },
    async (_request, reply) => {
      reply.header('vary', 'accept')
      return {
        name: 'Berth',
        message: 'Docker Orchestration API',
        version: system.version,
        docs: '/docs',
        reading_view: '/redoc',
        openapi: '/openapi.json',
        endpoints: app.endpoints
      }
    }
  )

  app.get(
    '/health',
    {
      config: { scope: 'open' },
      schema: {
        operationId: 'getHealth',
        tags,
        summary: 'Check liveness',
        description:
          'Returns 200 while the server runs, even if the engine or the database does not answer. `engine` and `database` say whether they do.',
        response: { 200: ref(Health) }
      }
    },
    async () => system.health()
  )

  app.get(
    '/health/ready',
    {
      config: { scope: 'open' },
      schema: {
        operationId: 'getReadiness',
        tags,
        summary: 'Check readiness',
        description: 'Returns 503 while the engine or the database does not answer.',
        response: { 200: ref(Health) }
      }
    },
    async () => system.readiness()
  )

  app.get(
    '/system/stats',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getSystemStats',
        tags,
        summary: 'Get host statistics',
        description: 'Returns CPU, memory, disk and network usage of the host, measured every two seconds.',
        response: { 200: ref(SystemStats) }
      }
    },
    async () => system.stats()
  )

  app.get(
    '/system/stats/stream',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'streamSystemStats',
        tags,
        summary: 'Stream host statistics',
        description:
          'Server-sent events: `stats` with the response of `GET /system/stats`, `gap` if the reader was too slow.',
        response: { 200: eventsOf({ stats: SystemStats, gap: StreamGap }, { event: 'gap', data: { missed: 3 } }) }
      }
    },
    async (_request, reply) => {
      await streams.send(reply, system.streamStats, (item) =>
        'missed' in item
          ? { event: 'gap', data: item }
          : { id: String(item.sampledAt), event: 'stats', data: item.stats }
      )
      return reply
    }
  )

  app.get(
    '/system/info',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getSystemInfo',
        tags,
        summary: 'Get engine information and limits',
        description:
          'Returns versions, the storage driver, the number of containers and images, and the limits for new containers.',
        response: { 200: ref(SystemInfo) }
      }
    },
    async () => system.info()
  )

  app.post(
    '/system/prune',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'cleanSystem',
        tags,
        summary: 'Prune unused resources',
        description:
          'Removes only what Berth created: containers that are not running, untagged images and, on request, volumes that no container mounts, networks without containers, and the build cache. ' +
          '`dry_run` reports what would be removed. `kept` lists what could not be removed, with the reason.',
        body: ref(CleanSystem),
        response: { 200: ref(Cleaned) }
      },
      // Every field is optional, so no body is the empty one.
      preValidation: async (request) => {
        request.body ??= {}
      }
    },
    async (request) => prune(request.body)
  )
}
