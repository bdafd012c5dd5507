// The fields that Berth reads from a line of a stream.

import { Type, type Static } from '@sinclair/typebox'
import { createReader, Labels, maybe } from './schema.ts'

const Text = maybe(Type.String())
const Count = maybe(Type.Number())

/** Of a pull, a push or a build. */
const Progress = Type.Object({
  id: Text,
  status: Text,
  stream: Text,
  progressDetail: maybe(Type.Object({ current: Count, total: Count })),
  aux: Type.Optional(Type.Unknown()),
  error: Text,
  errorDetail: maybe(Type.Object({ message: Text }))
})

const Event = Type.Object({
  Type: Type.Union([Type.Literal('container'), Type.Literal('image'), Type.Literal('network')]),
  Action: Type.String(),
  Actor: Type.Object({ ID: Type.String(), Attributes: Labels }),
  timeNano: Type.Number()
})

export type ProgressFrame = Static<typeof Progress>
export const readProgressFrame = createReader(Progress)
export const readEvent = createReader(Event)
