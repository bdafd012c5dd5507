// What a reader of events may ask for.

import { Type, type Static } from '@sinclair/typebox'
import { invalidField } from '../errors.ts'
import { MOMENT_RULE, parseMoment } from '../lib/durations.ts'
import { DateTime } from '../lib/schema.ts'

export const EventsQuery = Type.Object({
  type: Type.Optional(
    Type.Array(Type.String({ maxLength: 64 }), {
      maxItems: 16,
      description: '`container.exited`, or all of a kind: `container`. May be given several times.'
    })
  ),
  container: Type.Optional(Type.String({ maxLength: 128, description: 'Id, beginning of an id, or name.' })),
  label: Type.Optional(
    Type.Array(Type.String({ maxLength: 512 }), {
      maxItems: 16,
      description: 'Of the container: `name` or `name=value`; may be given several times.'
    })
  ),
  since: Type.Optional(
    Type.String({
      maxLength: 40,
      description: 'First what happened since: a time, seconds since 1970, or how long ago, such as `10m`.'
    })
  )
})

export function wantedEvents({ since, ...filter }: Static<typeof EventsQuery>) {
  const sinceMs = since === undefined ? undefined : parseMoment(since)
  if (since !== undefined && sinceMs === undefined) throw invalidField('since', MOMENT_RULE)
  return { ...filter, sinceMs }
}

export const BerthEvent = Type.Object(
  { type: Type.String({ examples: ['container.exited'] }), time: DateTime() },
  { $id: 'BerthEvent', description: 'What happened, when, and to what.', additionalProperties: true }
)
