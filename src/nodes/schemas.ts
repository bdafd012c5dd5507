import { Type, type Static } from '@sinclair/typebox'
import { nullable, record, words } from '../lib/schema.ts'

export const Node = Type.Object(
  {
    id: Type.String({ examples: ['x0013azkz8on2zsb3e8ljbtky'] }),
    name: Type.String({ description: 'Host name.', examples: ['worker-2'] }),
    address: nullable(Type.String({ description: 'Null if the Swarm does not know it.', examples: ['10.0.0.12'] })),
    role: words(['manager', 'worker'] as const),
    leader: Type.Boolean({ description: 'Whether it leads the managers.' }),
    reachable: nullable(Type.Boolean({ description: 'Whether the other managers reach it. Null for a worker.' })),
    state: words(['ready', 'down', 'disconnected', 'unknown'] as const),
    availability: words(['active', 'pause', 'drain'] as const, {
      description: '`active`: takes containers. `pause`: keeps those it has. `drain`: has none.'
    }),
    cpus: nullable(Type.Number({ examples: [4] })),
    memory: nullable(Type.Integer({ description: 'Bytes.', examples: [8_589_934_592] })),
    engine_version: nullable(Type.String({ examples: ['28.5.2'] })),
    architecture: nullable(Type.String({ examples: ['x86_64'] })),
    labels: record(Type.String()),
    containers: Type.Array(Type.Object({ id: Type.String(), name: Type.String() }), {
      description: 'The running containers that the caller may see.'
    })
  },
  { $id: 'Node', description: 'A machine of the Swarm.' }
)
export type Node = Static<typeof Node>

export const NodeParams = Type.Object({
  id: Type.String({ description: 'Id or host name.', minLength: 1, maxLength: 255, examples: ['worker-2'] })
})

export const NODE_SCHEMAS = [Node]
