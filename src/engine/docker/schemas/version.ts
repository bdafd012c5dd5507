import { Type, type Static } from '@sinclair/typebox'
import { createReader, maybe } from './schema.ts'

const Version = Type.Object({
  Version: Type.String(),
  Platform: maybe(Type.Object({ Name: maybe(Type.String()) })),
  Components: maybe(Type.Array(Type.Object({ Name: Type.String() })))
})

export type RawVersion = Static<typeof Version>
export const readVersion = createReader(Version)
