// The query of a reader of events.

import { Type, type Static } from '@sinclair/typebox'
import { invalidField } from '../errors.ts'
import { closest } from '../lib/closest.ts'
import { MOMENT_RULE, parseMoment } from '../lib/durations.ts'
import { DateTime } from '../lib/schema.ts'
import { EVENT_TYPES, typesLike } from './types.ts'

export const EventsQuery = Type.Object({
  type: Type.Optional(
    Type.Array(Type.String({ maxLength: 64 }), {
      maxItems: 16,
      description: 'Event type, such as `container.exited`, or all of a kind, such as `container`. Repeatable.'
    })
  ),
  container: Type.Optional(Type.String({ maxLength: 128, description: 'Name, id, or a prefix of an id.' })),
  label: Type.Optional(
    Type.Array(Type.String({ maxLength: 512 }), {
      maxItems: 16,
      description: 'Label of the container, as `name` or `name=value`. Repeatable.'
    })
  ),
  since: Type.Optional(
    Type.String({
      maxLength: 40,
      description:
        'Start with past events since this RFC 3339 time, Unix time in seconds, or duration before now, such as `10m`.'
    })
  )
})

export function wantedEvents({ since, ...filter }: Static<typeof EventsQuery>) {
  const sinceMs = since === undefined ? undefined : parseMoment(since)
  if (since !== undefined && sinceMs === undefined) throw invalidField('since', MOMENT_RULE)
  for (const type of filter.type ?? []) checkType(type)
  return { ...filter, sinceMs }
}

/** A stream of a misspelt type would stay empty forever. */
function checkType(type: string): void {
  if (EVENT_TYPES.some(typesLike(type))) return
  const meant = closest(type, [...EVENT_TYPES])
  throw invalidField(
    'type',
    meant === undefined
      ? 'must be a type of event, such as container.exited, or a kind: container, build, port, network or engine'
      : `is not a type of event; is "${meant}" meant?`
  )
}

export const BerthEvent = Type.Object(
  { type: Type.String({ examples: ['container.exited'] }), time: DateTime() },
  { $id: 'BerthEvent', description: 'An event: its type, time and subject.', additionalProperties: true }
)
