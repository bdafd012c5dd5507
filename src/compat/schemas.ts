import { Type } from '@sinclair/typebox'
import { nullable, words } from '../lib/schema.ts'

const BuildId = Type.String({ format: 'uuid', examples: ['c5b0844f-c8ae-43d2-9c02-6d80e0e8f021'] })
const File = Type.Unsafe<unknown>({ type: 'string', format: 'binary', description: 'A Dockerfile.' })
const Word = words(['Pending', 'In Progress', 'Completed', 'Failed'] as const)

export const BuildPushForm = Type.Object(
  {
    file: File,
    image_name: Type.String({ maxLength: 512, examples: ['web'] }),
    image_tag: Type.String({ maxLength: 128, examples: ['1.0'] })
  },
  { examples: [{ file: 'Dockerfile', image_name: 'web', image_tag: '1.0' }] }
)
export const BuildStarted = Type.Object(
  { status: Type.Literal(200), message: Type.String({ examples: ['Build started'] }), build_id: BuildId },
  { $id: 'BuildStarted', description: 'The build was accepted.' }
)
/** An id of another form names no build and returns 404. */
const AnyId = Type.String({ minLength: 1, maxLength: 128, examples: BuildId.examples })
export const BuildIdQuery = Type.Object({ build_id: AnyId })
export const BuildPushStatus = Type.Object(
  {
    status: Type.Literal(200),
    build_status: Type.Object({
      build_id: BuildId,
      build_status: Word,
      push_status: Word,
      'Build Fail Reason': Type.Optional(Type.String()),
      'Push Fail Reason': Type.Optional(Type.String())
    })
  },
  { $id: 'BuildPushStatus', description: 'Status of the build and its push.' }
)

export const DockerfileBuildForm = Type.Object(
  {
    username: Type.String({
      maxLength: 512,
      description: 'User name at Docker Hub. The image is pushed under this name.',
      examples: ['your_username']
    }),
    file: File,
    password: Type.Optional(Type.String({ maxLength: 65536, description: 'Defaults to the login of the server.' })),
    docker_password: Type.Optional(Type.String({ maxLength: 65536, description: 'The same as `password`.' })),
    docker_repo: Type.Optional(
      Type.String({
        maxLength: 512,
        description: 'Repository, optionally with a registry and a tag. Defaults to a new one for this build.',
        examples: ['web:1.0']
      })
    )
  },
  { examples: [{ file: 'Dockerfile', username: 'your_username', docker_repo: 'web:1.0' }] }
)
export const DockerfileBuild = Type.Object(
  {
    id: BuildId,
    username: nullable(Type.String()),
    file: nullable(Type.String()),
    status: Type.String({ examples: ['Build is starting'] }),
    image_id: nullable(Type.String())
  },
  { $id: 'DockerfileBuild', description: 'A published Dockerfile.' }
)
export const DockerfileBuildQuery = Type.Object({
  dockerfile_build_id: Type.Optional(AnyId),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 1000 })),
  cursor: Type.Optional(Type.String({ format: 'uuid', description: '`X-Next-Cursor` of the previous page.' }))
})
export const DockerfileBuildIdQuery = Type.Object({ dockerfile_build_id: AnyId })

export const COMPAT_SCHEMAS = [BuildStarted, BuildPushStatus, DockerfileBuild]
