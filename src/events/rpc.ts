import { Type } from '@sinclair/typebox'
import { streaming, type DockerMethods } from '../rpc/methods.ts'
import { resyncOf, type EventLog } from './log.ts'
import { EventsQuery, wantedEvents } from './query.ts'

const EventsRequest = Type.Composite([
  EventsQuery,
  Type.Object({ resume_after: Type.Optional(Type.String({ maxLength: 80 })) })
])

export function eventRpc({ events }: { events: EventLog }) {
  return {
    streamDockerEvents: streaming({
      operation: 'streamEvents',
      scope: 'read',
      request: EventsRequest,
      call: async function* ({ resume_after: last, ...query }, { caller, signal }) {
        for await (const told of events.stream(caller, last, signal, wantedEvents(query))) {
          if ('resync' in told) yield { id: '', type: 'resync', facts: resyncOf(told.resync) }
          else {
            const { type, time, ...facts } = told.event
            yield { id: told.id, type, time, facts }
          }
        }
      }
    })
  } satisfies Partial<DockerMethods>
}
