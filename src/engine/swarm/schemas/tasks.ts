// The fields of tasks that Berth reads.

import { Type, type Static } from '@sinclair/typebox'
import { createReader, Id, Labels, maybe, Texts } from '../../docker/schemas/schema.ts'

const Text = maybe(Type.String())
const Count = maybe(Type.Number())

const Attachment = Type.Object({
  Network: Type.Object({ ID: Type.String(), Spec: Type.Object({ Name: Text }) }),
  Addresses: Texts
})

const Task = Type.Object({
  ID: Id,
  ServiceID: Text,
  NodeID: Text,
  CreatedAt: Type.String(),
  DesiredState: Type.String(),
  Spec: maybe(Type.Object({ ContainerSpec: maybe(Type.Object({ Labels })) })),
  Status: Type.Object({
    Timestamp: Text,
    State: Type.String(),
    Err: Text,
    ContainerStatus: maybe(Type.Object({ ContainerID: Text, PID: Count, ExitCode: Count }))
  }),
  NetworksAttachments: maybe(Type.Array(Attachment))
})

export type RawTask = Static<typeof Task>
export const readTasks = createReader(Type.Array(Task))
export const readTask = createReader(Task)
