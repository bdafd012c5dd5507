// The fields that Berth reads about networks.

import { Type, type Static } from '@sinclair/typebox'
import { createReader, Id, Labels, maybe } from './schema.ts'

const Text = maybe(Type.String())
const Flag = maybe(Type.Boolean())

const Network = Type.Object({
  Id,
  Name: Type.String(),
  Created: Text,
  Driver: Text,
  Scope: Text,
  Internal: Flag,
  Attachable: Flag,
  Ingress: Flag,
  IPAM: maybe(Type.Object({ Config: maybe(Type.Array(Type.Object({ Subnet: Text }))) })),
  Options: maybe(Type.Record(Type.String(), Type.String())),
  Labels
})

export type RawNetwork = Static<typeof Network>
export const readNetworks = createReader(Type.Array(Network))
