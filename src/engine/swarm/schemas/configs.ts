// The fields of configs that Berth reads.

import { Type, type Static } from '@sinclair/typebox'
import { createReader, Id, Labels } from '../../docker/schemas/schema.ts'

const Config = Type.Object({
  ID: Id,
  CreatedAt: Type.String(),
  Spec: Type.Object({ Name: Type.String({ minLength: 1 }), Labels })
})

export type RawConfig = Static<typeof Config>
export const readConfigs = createReader(Type.Array(Config))
export const readConfigMade = createReader(Type.Object({ ID: Id }))
