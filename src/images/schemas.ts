import { Type, type Static } from '@sinclair/typebox'
import { DateTime, nullable, record, ref } from '../lib/schema.ts'
import { TransferProgress } from '../lib/transfer-progress.ts'

const DIGEST_EXAMPLE = 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const Reference = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: 512, description, examples: [example] })
const Bytes = Type.Integer({ description: 'Bytes.' })

const IMAGE_FIELDS = {
  id: Type.String({ examples: ['9f86d081884c'] }),
  full_id: Type.String({ examples: [DIGEST_EXAMPLE] }),
  tags: Type.Array(Type.String(), {
    description: 'Its names. None: it is dangling.',
    examples: [['base-api-server:latest']]
  }),
  digests: Type.Array(Type.String(), { description: 'Its names at registries that it was pulled from or pushed to.' }),
  created: nullable(DateTime()),
  size: Bytes,
  labels: record(Type.String()),
  managed: Type.Boolean({ description: 'Whether Berth made it.' }),
  containers: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), state: Type.String() }), {
    description: 'The containers made from it, also those that do not run.'
  })
}

export const Image = Type.Object(IMAGE_FIELDS, { $id: 'Image', description: 'An image on this machine.' })
export type Image = Static<typeof Image>

export const ImageDetails = Type.Object(
  {
    ...IMAGE_FIELDS,
    architecture: Type.String({ examples: ['amd64'] }),
    os: Type.String({ examples: ['linux'] }),
    exposed_ports: Type.Array(Type.String(), { examples: [['5000/tcp']] }),
    command: Type.Array(Type.String()),
    entrypoint: Type.Array(Type.String()),
    env: Type.Array(Type.String(), { description: 'Names of its environment; values are not shown.' }),
    working_dir: Type.String(),
    user: Type.String({ description: 'Empty: root.' }),
    volumes: Type.Array(Type.String()),
    layers: Type.Integer()
  },
  { $id: 'ImageDetails', description: 'The image.' }
)
export type ImageDetails = Static<typeof ImageDetails>

export const ListImagesQuery = Type.Object({
  reference: Type.Optional(
    Type.String({
      maxLength: 512,
      description: 'A name, with or without tag; `*` stands for any characters.',
      examples: ['shop/*']
    })
  ),
  dangling: Type.Optional(Type.Boolean({ description: 'Whether it has no name.' })),
  label: Type.Optional(
    Type.Array(Type.String({ maxLength: 4352 }), {
      description: '`name` or `name=value`; may be given several times.',
      maxItems: 16
    })
  ),
  managed: Type.Optional(Type.Boolean({ description: 'Whether Berth made it.' })),
  in_use: Type.Optional(Type.Boolean({ description: 'Whether a container was made from it.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  cursor: Type.Optional(Type.String({ maxLength: 64, description: 'From the `X-Next-Cursor` of the page before.' }))
})
export type ListImagesQuery = Static<typeof ListImagesQuery>

export const ImageParams = Type.Object({
  reference: Type.String({
    minLength: 1,
    maxLength: 512,
    description: 'A name or an id. Slashes may be sent as they are or as %2F.',
    examples: ['base-api-server:latest']
  })
})

const RegistryCredentials = Type.Object(
  {
    username: Type.Optional(Type.String({ maxLength: 256 })),
    password: Type.Optional(Type.String({ maxLength: 8192, description: 'Or an access token.' })),
    identity_token: Type.Optional(Type.String({ maxLength: 8192, description: 'Instead of user name and password.' }))
  },
  {
    $id: 'RegistryCredentials',
    additionalProperties: false,
    description: 'For this one request. They are not kept, and go to the registry of the image only.',
    examples: [{ username: 'ada', password: 'secret' }]
  }
)

export const PullImage = Type.Object(
  {
    image: Reference('What to pull; without a tag `latest`.', 'localhost:5000/shop/web:1.0'),
    credentials: Type.Optional(ref(RegistryCredentials))
  },
  {
    $id: 'PullImage',
    description: 'What to pull.',
    additionalProperties: false,
    examples: [{ image: 'hello-world:latest' }]
  }
)

export const PushImage = Type.Object(
  {
    image: Reference('What to push, by a name that says where; without a tag `latest`.', 'localhost:5000/shop/web:1.0'),
    credentials: Type.Optional(ref(RegistryCredentials))
  },
  {
    $id: 'PushImage',
    description: 'What to push.',
    additionalProperties: false,
    examples: [{ image: 'localhost:5001/shop/web:1.0' }]
  }
)

export const PushedImage = Type.Object(
  {
    image: Type.String({ examples: ['localhost:5000/shop/web:1.0'] }),
    registry: Type.String({ examples: ['localhost:5000'] }),
    digest: Type.String({ description: 'Under which the registry has it now.', examples: [DIGEST_EXAMPLE] }),
    size: Type.Integer({ description: 'Bytes of its manifest or index.' }),
    confirmed: Type.Boolean({
      description: 'Whether the registry was asked afterwards and has it. One that cannot be asked is no failure.'
    }),
    message: Type.String({ examples: ['Pushed, and the registry has it'] })
  },
  { $id: 'PushedImage', description: 'What the registry has now.' }
)
export type PushedImage = Static<typeof PushedImage>

export const TagImage = Type.Object(
  {
    image: Reference('An image that is here, by name or id.', 'base-api-server:latest'),
    target: Reference('Its further name; without a tag `latest`.', 'localhost:5000/shop/web:1.0')
  },
  {
    $id: 'TagImage',
    description: 'Which image gets which name.',
    additionalProperties: false,
    examples: [{ image: 'base-api-server:latest', target: 'localhost:5001/shop/web:1.0' }]
  }
)

export const RemoveImageQuery = Type.Object({
  force: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Take a name off an image that is in use, or all names off one that is not.'
    })
  )
})

export const RemovedImage = Type.Object(
  {
    id: Type.String(),
    untagged: Type.Array(Type.String(), { description: 'Names that it lost.' }),
    deleted: Type.Array(Type.String(), { description: 'Images and layers that are gone.' }),
    message: Type.String({ examples: ['Image removed'] })
  },
  { $id: 'RemovedImage', description: 'What was removed.' }
)
export type RemovedImage = Static<typeof RemovedImage>

export const IMAGE_SCHEMAS = [
  TransferProgress,
  Image,
  ImageDetails,
  RegistryCredentials,
  PullImage,
  PushImage,
  PushedImage,
  TagImage,
  RemovedImage
]
