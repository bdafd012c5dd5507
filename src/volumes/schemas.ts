import { Type, type Static } from '@sinclair/typebox'
import { formed, nullable } from '../lib/schema.ts'

// The engine refuses names of one letter. Names of 64 hex digits are those of anonymous volumes.
const NAME = '^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}$'

const RULE =
  'must be 2 to 63 letters, digits, dots, dashes and underscores that begin with a letter or digit, such as data'

export const CreateVolume = Type.Object(
  {
    name: formed(NAME, RULE, { examples: ['data'] }),
    shared: Type.Optional(Type.Boolean({ default: false, description: 'Whether every token may see and change it.' }))
  },
  {
    $id: 'CreateVolume',
    description: 'The volume to create.',
    additionalProperties: false,
    examples: [{ name: 'data' }]
  }
)
export type CreateVolume = Static<typeof CreateVolume>

export const Volume = Type.Object(
  {
    name: Type.String({ examples: ['data'] }),
    driver: Type.String({ examples: ['local'] }),
    created: nullable(Type.String({ description: 'Creation time, as written by the engine.' })),
    managed: Type.Boolean({ description: 'Whether Berth created it.' }),
    usable: Type.Boolean({ description: 'Whether a new container may mount it with `volumes`.' }),
    containers: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), state: Type.String() }), {
      description: 'Containers that mount it, stopped ones included.'
    })
  },
  { $id: 'Volume', description: 'A named volume.' }
)
export type Volume = Static<typeof Volume>

export const RemovedVolume = Type.Object(
  { name: Type.String(), removed: Type.Boolean(), message: Type.String({ examples: ['Volume removed'] }) },
  { $id: 'RemovedVolume', description: 'The volume that was removed.' }
)
export type RemovedVolume = Static<typeof RemovedVolume>

export const VolumeParams = Type.Object({ name: Type.String({ maxLength: 255, examples: ['data'] }) })

export const VOLUME_SCHEMAS = [CreateVolume, Volume, RemovedVolume]
