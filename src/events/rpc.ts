import { Type } from '@sinclair/typebox'
import { dataOf, streaming, type DockerMethods } from '../rpc/methods.ts'
import type { EventLog } from './log.ts'

const EventsRequest = Type.Object({ resume_after: Type.Optional(Type.String({ maxLength: 80 })) })

export function eventRpc({ events }: { events: EventLog }) {
  return {
    streamDockerEvents: streaming({
      operation: 'streamEvents',
      scope: 'read',
      request: EventsRequest,
      call: async function* ({ resume_after: last }, { signal }) {
        for await (const message of events.stream(last, signal)) {
          const { type = message.event, time, ...facts } = dataOf(message)
          yield { id: message.id ?? '', type, facts, ...(time !== undefined && { time }) }
        }
      }
    })
  } satisfies Partial<DockerMethods>
}
