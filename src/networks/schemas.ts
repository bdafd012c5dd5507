import { Type, type Static } from '@sinclair/typebox'
import { formed, nullable } from '../lib/schema.ts'

// Shorter than an id, so that no name can be taken for one.
const NAME = '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$'

const RULE =
  'must be up to 63 letters, digits, dots, dashes and underscores that begin with a letter or digit, such as shop'

export const CreateNetwork = Type.Object(
  {
    name: formed(NAME, RULE, { examples: ['shop'] }),
    internal: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Isolate the network: its containers reach only each other, and their ports are not published.'
      })
    ),
    shared: Type.Optional(Type.Boolean({ default: false, description: 'Whether every token may see and change it.' }))
  },
  {
    $id: 'CreateNetwork',
    description: 'The network to create.',
    additionalProperties: false,
    examples: [{ name: 'shop' }]
  }
)
export type CreateNetwork = Static<typeof CreateNetwork>

export const Network = Type.Object(
  {
    id: Type.String({ description: 'Short id.', examples: ['82cdb67fbe00'] }),
    full_id: Type.String(),
    name: Type.String({ examples: ['shop'] }),
    driver: Type.String({ examples: ['bridge'] }),
    scope: Type.String({ description: 'Scope: `local`, `swarm` or `global`.', examples: ['local'] }),
    internal: Type.Boolean({ description: 'Whether the network is isolated from the outside.' }),
    attachable: Type.Boolean({ description: 'Whether standalone containers may join it, if it is a Swarm network.' }),
    subnets: Type.Array(Type.String(), { examples: [['172.18.0.0/16']] }),
    created: nullable(Type.String({ description: 'Creation time, as written by the engine.' })),
    managed: Type.Boolean({ description: 'Whether Berth created it.' }),
    usable: Type.Boolean({ description: 'Whether a new container may join it with `network`.' }),
    containers: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), state: Type.String() }), {
      description: 'Containers on it, stopped ones included.'
    })
  },
  { $id: 'Network', description: 'A network.' }
)
export type Network = Static<typeof Network>

export const RemovedNetwork = Type.Object(
  { name: Type.String(), removed: Type.Boolean(), message: Type.String({ examples: ['Network removed'] }) },
  { $id: 'RemovedNetwork', description: 'The network that was removed.' }
)
export type RemovedNetwork = Static<typeof RemovedNetwork>

export const NetworkParams = Type.Object({ name: Type.String({ maxLength: 128, examples: ['shop'] }) })

export const NETWORK_SCHEMAS = [CreateNetwork, Network, RemovedNetwork]
