import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '../lib/schema.ts'
import { PortOverview } from './schemas.ts'
import type { PortService } from './service.ts'

export const portRoutes: FastifyPluginAsyncTypebox<{ ports: PortService }> = async (app, { ports }) => {
  app.get(
    '/ports',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getPorts',
        tags: ['ports'],
        summary: 'List ports and their holders',
        description:
          'Returns the number of ports in each state, and every port that is not free, with its holder and the reason.',
        response: { 200: ref(PortOverview) }
      }
    },
    async ({ caller }) => ports.overview(caller)
  )
}
