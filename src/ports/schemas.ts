import { Type, type Static } from '@sinclair/typebox'
import { nullable, words } from '../lib/schema.ts'

const Counts = Type.Object({
  free: Type.Integer(),
  leased: Type.Integer({ description: 'Leased to a container that is being created.' }),
  bound: Type.Integer({ description: 'Held by a running container.' }),
  parked: Type.Integer({
    description: 'Kept for a stopped container, unless no other port is free.'
  }),
  blocked: Type.Integer({ description: 'Held by another program.' }),
  reserved: Type.Integer({ description: 'Never assigned.' })
})

export const PortOverview = Type.Object(
  {
    used_ports: Type.Array(Type.Integer(), {
      description: 'TCP ports that are bound or leased.',
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
          'The port that a create would get now. It changes if another create or program takes the port first. Null if no port is free.'
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
  { $id: 'PortOverview', description: 'The port range, and every port that is not free.' }
)
export type PortOverview = Static<typeof PortOverview>
