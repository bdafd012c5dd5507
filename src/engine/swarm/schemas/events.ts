// The fields that Berth reads from a manager's events: those of its own engine, and those of the Swarm.

import { Type, type Static } from '@sinclair/typebox'
import { createReader, Labels } from '../../docker/schemas/schema.ts'

const Event = Type.Object({
  Type: Type.Union((['container', 'image', 'network', 'service', 'node'] as const).map((type) => Type.Literal(type))),
  Action: Type.String(),
  Actor: Type.Object({ ID: Type.String(), Attributes: Labels }),
  timeNano: Type.Number()
})

export type RawEvent = Static<typeof Event>
export const readEvent = createReader(Event)
