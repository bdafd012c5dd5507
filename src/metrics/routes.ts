import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Metrics } from './metrics.ts'

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export const metricsRoutes: FastifyPluginAsyncTypebox<{ metrics: Metrics }> = async (app, { metrics }) => {
  app.get(
    '/metrics',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getMetrics',
        tags: ['server'],
        summary: 'Get metrics for Prometheus',
        description: 'Covers the containers that the token sees. Totals of ports and builds cover the whole server.',
        response: {
          200: { description: "Prometheus' text format.", content: { 'text/plain': { schema: { type: 'string' } } } }
        }
      }
    },
    async ({ caller }, reply) => reply.type(CONTENT_TYPE).send(await metrics.write(caller))
  )
}
