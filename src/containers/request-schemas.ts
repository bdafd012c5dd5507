// Requests about existing containers. The create: create-schema.ts. Responses: schemas.ts.

import { Type, type Static } from '@sinclair/typebox'
import { formed, nullable, words } from '../lib/schema.ts'
import {
  Command,
  CONTAINER_STATES,
  Cpus,
  Env,
  EnvValue,
  IMAGE,
  IMAGE_RULE,
  MemoryBytes,
  NAME,
  NAME_RULE,
  PATH,
  PATH_RULE,
  PidsLimit,
  RestartPolicy,
  Ttl,
  TtlSeconds,
  URL_PATH,
  URL_PATH_RULE,
  USER,
  USER_RULE,
  WaitSeconds
} from './fields.ts'

export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        'Makes the request idempotent: the same key and request always return the same container. Sending a default explicitly makes no difference.'
    })
  )
})

export const UpdateContainer = Type.Object(
  {
    memory: Type.Optional(MemoryBytes),
    cpus: Type.Optional(Cpus),
    pids_limit: Type.Optional(PidsLimit),
    restart: Type.Optional(RestartPolicy),
    ttl_seconds: Type.Optional(
      nullable(Type.Integer({ ...TtlSeconds, description: 'Counted from now. Null removes the end date.' }))
    ),
    ttl: Type.Optional(Ttl),
    image: Type.Optional(
      formed(IMAGE, IMAGE_RULE, { description: 'Recreate the container from this image.', examples: ['nginx:1.27'] })
    ),
    env: Type.Optional(
      Type.Unsafe<Record<string, string | null>>({
        ...Env,
        additionalProperties: nullable(EnvValue),
        minProperties: 1,
        description: 'Recreate the container with these variables added or changed. Null removes a variable.'
      })
    )
  },
  {
    $id: 'UpdateContainer',
    description: 'The fields to change.',
    additionalProperties: false,
    minProperties: 1,
    examples: [{ ttl_seconds: 3600 }, { env: { LOG_LEVEL: 'debug', OLD_SETTING: null } }]
  }
)
export type UpdateContainer = Static<typeof UpdateContainer>

export const RenameContainer = Type.Object(
  { name: formed(NAME, NAME_RULE, { description: 'The new name.', examples: ['my-api-server'] }) },
  {
    $id: 'RenameContainer',
    description: 'The new name of the container.',
    additionalProperties: false,
    examples: [{ name: 'my-api-server' }]
  }
)

export const ContainerParams = Type.Object({
  id: Type.String({
    maxLength: 128,
    description: 'Name, short id, full id, or a unique prefix of an id.',
    examples: ['my-api-server']
  })
})

export const ListContainersQuery = Type.Object({
  state: Type.Optional(words(CONTAINER_STATES)),
  name: Type.Optional(Type.String({ maxLength: 128, description: 'Part of the name.' })),
  image: Type.Optional(Type.String({ maxLength: 512, description: 'Image name, with or without a tag.' })),
  label: Type.Optional(
    Type.Array(Type.String({ maxLength: 4352 }), {
      description: '`name` or `name=value`. Repeatable.',
      maxItems: 16
    })
  ),
  managed: Type.Optional(Type.Boolean()),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  cursor: Type.Optional(Type.String({ maxLength: 64, description: '`X-Next-Cursor` of the previous page.' }))
})
export type ListContainersQuery = Static<typeof ListContainersQuery>

export const StopQuery = Type.Object({
  timeout: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 300,
      description: "Seconds until the kill. Defaults to the container's own timeout."
    })
  )
})

export const RemoveQuery = Type.Object({
  force: Type.Optional(Type.Boolean({ default: false, description: 'Remove the container even if it is running.' }))
})

export const WaitQuery = Type.Object({
  for: Type.Optional(
    words(['running', 'port', 'healthy', 'http', 'exited', 'removed'] as const, {
      default: 'exited',
      description: 'Condition to wait for.'
    })
  ),
  path: Type.Optional(
    formed(URL_PATH, URL_PATH_RULE, { maxLength: 1024, default: '/', description: 'Path that `http` requests.' })
  ),
  timeout_seconds: Type.Optional(WaitSeconds)
})
export type WaitQuery = Static<typeof WaitQuery>

const Moment = Type.String({
  maxLength: 40,
  description: 'RFC 3339 time, Unix seconds, or a duration before now, such as `10m`.',
  examples: ['10m']
})

export const LogsQuery = Type.Object({
  tail: Type.Optional(
    formed('^(?:all|[0-9]{1,5}|100000)$', 'must be a number of lines up to 100000, or all', {
      description: 'Number of lines from the end, or `all`. Defaults to 1000.',
      examples: ['100', 'all']
    })
  ),
  since: Type.Optional(Moment),
  until: Type.Optional(Moment),
  timestamps: Type.Optional(Type.Boolean({ default: false })),
  stdout: Type.Optional(Type.Boolean({ default: true })),
  stderr: Type.Optional(Type.Boolean({ default: true })),
  follow: Type.Optional(Type.Boolean({ default: false, description: 'Stream new output until the container exits.' })),
  format: Type.Optional(
    words(['text', 'json'] as const, {
      description: 'With `follow`, `json` is one object per line. Defaults to the type in `Accept`, else to text.'
    })
  )
})
export type LogsQuery = Static<typeof LogsQuery>

export const ExecCommand = Type.Object(
  {
    command: Command('Program and arguments, without a shell unless you name one.'),
    env: Type.Optional(Env),
    working_dir: Type.Optional(formed(PATH, PATH_RULE, { maxLength: 512 })),
    user: Type.Optional(formed(USER, USER_RULE)),
    timeout_seconds: Type.Optional(WaitSeconds),
    stdin: Type.Optional(
      Type.String({
        maxLength: 262_144,
        description: 'Standard input of the command. Empty by default.',
        examples: ['hello']
      })
    ),
    stream: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Stream the output as server-sent events. `timeout_seconds` then has no default, and the command ends when the client disconnects.'
      })
    )
  },
  {
    $id: 'ExecCommand',
    description: 'The command to run.',
    additionalProperties: false,
    examples: [{ command: ['ls', '-l', '/'] }]
  }
)
export type ExecCommand = Static<typeof ExecCommand>
