import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { BerthEvent, EventsQuery, wantedEvents } from './query.ts'
import { eventsOf, type Streams } from '../http/streams.ts'
import { createJsonCache } from '../http/json-cache.ts'
import { resyncOf, type EventLog, type Told } from './log.ts'

const EXITED = {
  type: 'container.exited',
  time: '2026-01-01T12:00:00.000Z',
  id: '3f4e9a1b2c3d',
  name: 'my-api-server',
  image: 'base-api-server:latest',
  state: 'exited',
  exit_code: 0,
  oom_killed: false
}
const SHOWN = [{ id: 'cafe0001-7', event: EXITED.type, data: EXITED }]

export const eventRoutes: FastifyPluginAsyncTypebox<{ events: EventLog; streams: Streams }> = async (
  app,
  { events, streams }
) => {
  const textOf = createJsonCache()
  const toEvent = (told: Told) =>
    'resync' in told
      ? { event: 'resync', data: resyncOf(told.resync) }
      : { id: told.id, event: told.event.type, text: textOf(told.event) }

  app.get(
    '/events',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'streamEvents',
        tags: ['server'],
        summary: 'Stream events',
        description:
          'Server-sent events: `container.created`, `.running`, `.exited`, `.removed`, `.renamed`, `.health`, `.updated`, `.restarted`, `port.changed`, `network.created`, `network.removed`, `engine.available`, `engine.unavailable`. ' +
          '`Last-Event-ID` replays missed events, or sends `resync` if they are no longer known. ' +
          '`container` and `label` select the events of matching containers.',
        querystring: EventsQuery,
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 80 })) }),
        response: { 200: eventsOf({ '*': BerthEvent }, ...SHOWN) }
      }
    },
    async (request, reply) => {
      const wanted = wantedEvents(request.query)
      await streams.send(
        reply,
        (signal) => events.stream(request.caller, request.headers['last-event-id'], signal, wanted),
        toEvent
      )
      return reply
    }
  )
}
