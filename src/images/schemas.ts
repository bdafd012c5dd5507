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
    description: 'Names of the image. A dangling image has none.',
    examples: [['base-api-server:latest']]
  }),
  digests: Type.Array(Type.String(), { description: 'Digests at the registries it was pulled from or pushed to.' }),
  created: nullable(DateTime()),
  size: Bytes,
  labels: record(Type.String()),
  managed: Type.Boolean({ description: 'Whether Berth created it.' }),
  containers: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), state: Type.String() }), {
    description: 'Containers that use it, stopped ones included.'
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
    env: Type.Array(Type.String(), { description: 'Names of its environment variables. Values are never shown.' }),
    working_dir: Type.String(),
    user: Type.String({ description: 'Empty means root.' }),
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
      description: 'Name, with or without a tag. `*` matches any characters.',
      examples: ['shop/*']
    })
  ),
  dangling: Type.Optional(Type.Boolean({ description: 'Whether it is untagged.' })),
  label: Type.Optional(
    Type.Array(Type.String({ maxLength: 4352 }), {
      description: '`name` or `name=value`. Repeatable.',
      maxItems: 16
    })
  ),
  managed: Type.Optional(Type.Boolean({ description: 'Whether Berth created it.' })),
  in_use: Type.Optional(Type.Boolean({ description: 'Whether a container uses it.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  cursor: Type.Optional(Type.String({ maxLength: 64, description: '`X-Next-Cursor` of the previous page.' }))
})
export type ListImagesQuery = Static<typeof ListImagesQuery>

export const ImageParams = Type.Object({
  reference: Type.String({
    minLength: 1,
    maxLength: 512,
    description: 'Name or id. Slashes may be sent as they are or as %2F.',
    examples: ['base-api-server:latest']
  })
})

const RegistryCredentials = Type.Object(
  {
    username: Type.Optional(Type.String({ maxLength: 256 })),
    password: Type.Optional(Type.String({ maxLength: 8192, description: 'Password or access token.' })),
    identity_token: Type.Optional(Type.String({ maxLength: 8192, description: 'Replaces user name and password.' }))
  },
  {
    $id: 'RegistryCredentials',
    additionalProperties: false,
    description: "Credentials for this request. Berth does not store them and sends them only to the image's registry.",
    examples: [{ username: 'ada', password: 'secret' }]
  }
)

export const PullImage = Type.Object(
  {
    image: Reference('The image to pull. The tag defaults to `latest`.', 'localhost:5000/shop/web:1.0'),
    credentials: Type.Optional(ref(RegistryCredentials))
  },
  {
    $id: 'PullImage',
    description: 'The image to pull.',
    additionalProperties: false,
    examples: [{ image: 'hello-world:latest' }]
  }
)

export const PushImage = Type.Object(
  {
    image: Reference(
      'The image to push. Its name includes the registry; the tag defaults to `latest`.',
      'localhost:5000/shop/web:1.0'
    ),
    credentials: Type.Optional(ref(RegistryCredentials))
  },
  {
    $id: 'PushImage',
    description: 'The image to push.',
    additionalProperties: false,
    examples: [{ image: 'localhost:5001/shop/web:1.0' }]
  }
)

export const PushedImage = Type.Object(
  {
    image: Type.String({ examples: ['localhost:5000/shop/web:1.0'] }),
    registry: Type.String({ examples: ['localhost:5000'] }),
    digest: Type.String({ description: 'Digest in the registry.', examples: [DIGEST_EXAMPLE] }),
    size: Type.Integer({ description: 'Size of its manifest or index, in bytes.' }),
    confirmed: Type.Boolean({
      description:
        'Whether Berth checked afterwards that the registry has it. A registry that cannot be checked is not a failure.'
    }),
    message: Type.String({ examples: ['Pushed, and the registry has it'] })
  },
  { $id: 'PushedImage', description: 'The image in the registry.' }
)
export type PushedImage = Static<typeof PushedImage>

export const TagImage = Type.Object(
  {
    image: Reference('Name or id of an image on this machine.', 'base-api-server:latest'),
    target: Reference('The additional name. The tag defaults to `latest`.', 'localhost:5000/shop/web:1.0')
  },
  {
    $id: 'TagImage',
    description: 'The image and its new name.',
    additionalProperties: false,
    examples: [{ image: 'base-api-server:latest', target: 'localhost:5001/shop/web:1.0' }]
  }
)

export const RemoveImageQuery = Type.Object({
  force: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Remove one name of an image that is in use, or all names of one that is not.'
    })
  )
})

export const RemovedImage = Type.Object(
  {
    id: Type.String(),
    untagged: Type.Array(Type.String(), { description: 'Names that were removed.' }),
    deleted: Type.Array(Type.String(), { description: 'Images and layers that were deleted.' }),
    message: Type.String({ examples: ['Image removed'] })
  },
  { $id: 'RemovedImage', description: 'The names and images that were removed.' }
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
