import { Type, type Static } from '@sinclair/typebox'
import { nullable, words } from '../lib/schema.ts'

const Counts = Type.Object({
  free: Type.Integer(),
  leased: Type.Integer({ description: 'A container is being made with it.' }),
  bound: Type.Integer({ description: 'Its container runs.' }),
  parked: Type.Integer({
    description: 'Its container is stopped and gets it back, unless no free port is left for others.'
  }),
  blocked: Type.Integer({ description: 'Somebody else has it.' }),
  reserved: Type.Integer({ description: 'Never given out.' })
})

export const PortOverview = Type.Object(
  {
    used_ports: Type.Array(Type.Integer(), {
      description: 'TCP ports bound or being given out.',
      examples: [[8001, 8002]]
    }),
    available_range: Type.String({ examples: ['8001-8999'] }),
    total_ports: Type.Integer({ examples: [999] }),
    counts: Counts,
    udp_counts: Counts,
    next: Type.Object(
      { tcp: nullable(Type.Integer({ examples: [8003] })), udp: nullable(Type.Integer({ examples: [8001] })) },
      {
        description:
          'The port that a create would get now. Another create, or a program that takes the port first, changes that. Null when none is left.'
      }
    ),
    ports: Type.Array(
      Type.Object({
        port: Type.Integer(),
        protocol: words(['tcp', 'udp'] as const),
        state: words(['free', 'leased', 'bound', 'parked', 'blocked', 'reserved'] as const),
        holder: nullable(Type.Object({ id: Type.String(), name: Type.String(), managed: Type.Boolean() })),
        reason: nullable(Type.String())
      }),
      { description: 'Every port that is not free.' }
    )
  },
  { $id: 'PortOverview', description: 'The range, and every port that is not free.' }
)
export type PortOverview = Static<typeof PortOverview>
