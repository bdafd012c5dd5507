import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { eventStream, type Streams } from '../http/streams.ts'
import type { EventLog } from './log.ts'

export const eventRoutes: FastifyPluginAsyncTypebox<{ events: EventLog; streams: Streams }> = async (
  app,
  { events, streams }
) => {
  app.get(
    '/events',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'streamEvents',
        tags: ['server'],
        summary: 'What happens, as it happens',
        description:
          'Server-sent events: `container.created`, `.running`, `.exited`, `.removed`, `.renamed`, `.health`, `.updated`, `.restarted`, `port.changed`, `network.created`, `network.removed`, `engine.available`, `engine.unavailable`. ' +
          '`Last-Event-ID` brings what was missed, or `resync` when that is no longer known.',
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 80 })) }),
        response: { 200: eventStream }
      }
    },
    async (request, reply) => {
      await streams.send(reply, (signal) => events.stream(request.headers['last-event-id'], signal))
      return reply
    }
  )
}
