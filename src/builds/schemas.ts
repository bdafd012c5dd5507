import { Type, type Static } from '@sinclair/typebox'
import type { CreateContainer } from '../containers/create-schema.ts'
import { DateTime, form, formed, nullable, record, words } from '../lib/schema.ts'
import { BUILD_STATUSES, STAGE_STATUSES } from './record.ts'

const IMAGE_NAME = '^[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*)*$'
const TAG = '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$'
const REGISTRY = '^(?:https?://)?(?:\\[[0-9a-fA-F:]+\\]|[a-zA-Z0-9][a-zA-Z0-9.-]*)(?::[0-9]{1,5})?/?$'
const ARG_NAME = '^[A-Za-z_][A-Za-z0-9_]*$'
const MAX_TAGS = 16

const ImageName = formed(
  IMAGE_NAME,
  'must be a name in lower case without registry and tag, such as team/web: those go into registry and image_tag',
  { maxLength: 200, examples: ['team/web'] }
)
const ImageTag = formed(
  TAG,
  'must be up to 128 letters, digits, dots, dashes and underscores that begin with no dot or dash, such as 1.4',
  { examples: ['1.4'] }
)

const Username = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'User name for the registry. Kept in memory only.'
})
const Password = Type.String({ minLength: 1, maxLength: 65536, description: 'Password or access token; never stored.' })

export const Run = Type.Unsafe<CreateContainer>(Type.Ref('CreateContainer'))

/** The fields of the form without its files, with parsed JSON fields. */
export const BuildFields = Type.Object(
  {
    image_name: ImageName,
    image_tag: Type.Optional(
      Type.Array(ImageTag, {
        default: ['latest'],
        minItems: 1,
        maxItems: MAX_TAGS,
        description: 'Tag of the image. Repeatable.'
      })
    ),
    dockerfile: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1024,
        default: 'Dockerfile',
        description: 'Path of the Dockerfile in the context.'
      })
    ),
    build_args: Type.Optional(
      record(Type.String({ maxLength: 65536 }), {
        propertyNames: form(
          ARG_NAME,
          'is not a name of a build argument: it must be letters, digits and _, such as VERSION'
        ),
        maxProperties: 128,
        description:
          'A JSON object. Berth never shows the values again, but they remain readable in the image: do not pass secrets.'
      })
    ),
    target: Type.Optional(
      formed(
        '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$',
        'must be the name of a stage in the Dockerfile, as in FROM node AS build',
        { description: 'Target stage of the Dockerfile.' }
      )
    ),
    platform: Type.Optional(
      formed('^[a-z0-9]+(?:/[a-z0-9]+){0,2}$', 'must be a system and an architecture, such as linux/amd64', {
        maxLength: 64,
        examples: ['linux/amd64']
      })
    ),
    no_cache: Type.Optional(Type.Boolean({ default: false })),
    builder: Type.Optional(
      words(['auto', 'buildkit', 'classic'] as const, {
        default: 'auto',
        description: '`auto` uses BuildKit if the engine has it.'
      })
    ),
    push: Type.Optional(Type.Boolean({ default: false, description: 'Push the image after the build.' })),
    registry: Type.Optional(
      formed(REGISTRY, 'must be a host, with its port if it has one, such as registry.example.com:5000', {
        maxLength: 255,
        description: 'Host of the registry. Defaults to Docker Hub.',
        examples: ['127.0.0.1:5000']
      })
    ),
    registry_username: Type.Optional(Username),
    registry_password: Type.Optional(Password),
    keep_image: Type.Optional(
      Type.Boolean({ default: true, description: 'Keep the image on this machine after the push.' })
    ),
    run: Type.Optional(Run)
  },
  { additionalProperties: false }
)
export type BuildFields = Static<typeof BuildFields>

const File = (description: string) => Type.Unsafe<unknown>({ type: 'string', format: 'binary', description })

export const BuildForm = Type.Object(
  {
    file: File('A Dockerfile, or a build context as tar, tar.gz or zip. Berth detects the type from the content.'),
    ...BuildFields.properties,
    run: Type.Optional(
      Type.Unsafe<unknown>({
        ...Run,
        description:
          'Make a container of the image: a JSON object as for POST /containers. Needs the scope `containers:write` as well.'
      })
    )
  },
  { examples: [{ file: 'Dockerfile', image_name: 'web', image_tag: ['1.0'] }] }
)

const Stage = Type.Object({
  status: words(STAGE_STATUSES),
  reason: nullable(Type.String({ description: 'Reason for the failure.' })),
  code: nullable(Type.String({ description: 'Error code of the failure.' })),
  retryable: Type.Boolean({ description: 'Whether a retry may succeed.' }),
  started_at: nullable(DateTime()),
  finished_at: nullable(DateTime()),
  duration_ms: nullable(Type.Integer())
})

export const Build = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    status: words(BUILD_STATUSES),
    image_name: Type.String(),
    image_tags: Type.Array(Type.String()),
    references: Type.Array(Type.String(), {
      description: 'Full names of the image.',
      examples: [['127.0.0.1:5000/team/web:1.4']]
    }),
    image_id: nullable(Type.String()),
    dockerfile: Type.String(),
    target: nullable(Type.String()),
    platform: nullable(Type.String()),
    no_cache: Type.Boolean(),
    builder: words(['auto', 'buildkit', 'classic'] as const),
    build_arg_names: Type.Array(Type.String()),
    context: Type.Object({
      kind: words(['dockerfile', 'tar', 'zip'] as const),
      bytes: Type.Integer(),
      entries: Type.Integer()
    }),
    build: Stage,
    push: Type.Intersect([
      Stage,
      Type.Object({
        pushed: Type.Array(
          Type.Object({
            reference: Type.String(),
            digest: Type.String(),
            size: Type.Integer({ description: 'Size of the manifest, in bytes.' })
          })
        )
      })
    ]),
    run: Type.Intersect([
      Stage,
      Type.Object({
        container_id: nullable(Type.String()),
        url: nullable(Type.String({ description: 'URL of the container when it started.' }))
      })
    ]),
    log_truncated: Type.Boolean(),
    created_at: DateTime(),
    finished_at: nullable(DateTime()),
    expires_at: nullable(DateTime({ description: 'When Berth removes its files and record.' })),
    queue_position: nullable(
      Type.Integer({ description: 'Number of builds ahead in the queue. Null once the build has started.' })
    ),
    links: Type.Object({ self: Type.String(), logs: Type.String() })
  },
  { $id: 'Build', description: 'A build.' }
)
export type Build = Static<typeof Build>

export const BuildDetails = Type.Object(
  {
    ...Build.properties,
    steps: Type.Array(
      Type.Object({
        number: Type.Integer(),
        name: Type.String({ examples: ['[2/4] RUN npm ci'] }),
        status: words(['running', 'completed', 'cached', 'failed'] as const),
        duration_ms: nullable(Type.Integer())
      })
    )
  },
  { $id: 'BuildDetails', description: 'The build, with its steps.' }
)
export type BuildDetails = Static<typeof BuildDetails>

export const BuildParams = Type.Object({
  id: Type.String({
    format: 'uuid',
    description: 'Id of the build.',
    examples: ['c5b0844f-c8ae-43d2-9c02-6d80e0e8f021']
  })
})

export const ListBuildsQuery = Type.Object({
  status: Type.Optional(words(BUILD_STATUSES)),
  image: Type.Optional(Type.String({ maxLength: 200, description: 'Exact name of the image.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  cursor: Type.Optional(Type.String({ format: 'uuid', description: '`X-Next-Cursor` of the previous page.' }))
})
export type ListBuildsQuery = Static<typeof ListBuildsQuery>

export const BuildLogsQuery = Type.Object({
  follow: Type.Optional(Type.Boolean({ default: false, description: 'Stream new lines until the build finishes.' })),
  offset: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      default: 0,
      description: 'Byte offset in the log to start from.'
    })
  )
})

export const RetryBuild = Type.Object(
  { registry_username: Type.Optional(Username), registry_password: Type.Optional(Password) },
  {
    $id: 'RetryBuild',
    description: 'New credentials for the registry.',
    additionalProperties: false,
    examples: [{}]
  }
)
export type RetryBuild = Static<typeof RetryBuild>

export const RemoveBuildQuery = Type.Object({
  keep_image: Type.Optional(Type.Boolean({ default: false, description: 'Keep the image.' })),
  force: Type.Optional(Type.Boolean({ default: false, description: 'Cancel the build first if it is not finished.' }))
})
export type RemoveBuildQuery = Static<typeof RemoveBuildQuery>

export const RemovedBuild = Type.Object(
  {
    id: Type.String(),
    message: Type.String(),
    images_removed: Type.Array(Type.String()),
    images_kept: Type.Array(Type.Object({ reference: Type.String(), reason: Type.String() }))
  },
  { $id: 'RemovedBuild', description: 'The removed build, and what became of its images.' }
)
export type RemovedBuild = Static<typeof RemovedBuild>

export const BuildLine = Type.Object(
  { line: Type.String() },
  { $id: 'BuildLine', description: 'A line of a build log.' }
)

export const BUILD_SCHEMAS = [BuildLine, Build, BuildDetails, RetryBuild, RemovedBuild]
