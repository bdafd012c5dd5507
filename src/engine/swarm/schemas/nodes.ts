// The fields of nodes that Berth reads. A change sends the other fields of a spec back unchanged.

import { Type, type Static } from '@sinclair/typebox'
import { createReader, Id, Labels, maybe } from '../../docker/schemas/schema.ts'

const Text = maybe(Type.String())
const Count = maybe(Type.Number())

const Node = Type.Object({
  ID: Id,
  Version: Type.Object({ Index: Type.Number() }),
  CreatedAt: Text,
  Spec: Type.Object({ Role: Type.String(), Availability: Type.String(), Labels }),
  Description: Type.Object({
    Hostname: Text,
    Platform: maybe(Type.Object({ Architecture: Text, OS: Text })),
    Resources: maybe(Type.Object({ NanoCPUs: Count, MemoryBytes: Count })),
    Engine: maybe(Type.Object({ EngineVersion: Text }))
  }),
  Status: Type.Object({ State: Type.String(), Message: Text, Addr: Text }),
  ManagerStatus: maybe(Type.Object({ Leader: maybe(Type.Boolean()), Reachability: Text, Addr: Text }))
})

export type RawNode = Static<typeof Node>
export const readNode = createReader(Node)
export const readNodes = createReader(Type.Array(Node))
