// What clients send about containers that exist. To make one: create-schema.ts. What they get: schemas.ts.

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
        'The same key and request give the same container, however often they are sent. A default that is written out changes nothing.'
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
      nullable(Type.Integer({ ...TtlSeconds, description: 'Counted from now; null: never removed.' }))
    ),
    ttl: Type.Optional(Ttl),
    image: Type.Optional(
      formed(IMAGE, IMAGE_RULE, { description: 'Makes the container anew from this image.', examples: ['nginx:1.27'] })
    ),
    env: Type.Optional(
      Type.Unsafe<Record<string, string | null>>({
        ...Env,
        additionalProperties: nullable(EnvValue),
        minProperties: 1,
        description: 'Makes the container anew with these variables beside those that it has; null takes one away.'
      })
    )
  },
  {
    $id: 'UpdateContainer',
    description: 'What to change.',
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
    description: 'What to call it.',
    additionalProperties: false,
    examples: [{ name: 'my-api-server' }]
  }
)

export const ContainerParams = Type.Object({
  id: Type.String({
    maxLength: 128,
    description: 'Short id, full id, unique beginning of an id, or name.',
    examples: ['my-api-server']
  })
})

export const ListContainersQuery = Type.Object({
  state: Type.Optional(words(CONTAINER_STATES)),
  name: Type.Optional(Type.String({ maxLength: 128, description: 'Part of the name.' })),
  image: Type.Optional(Type.String({ maxLength: 512, description: 'Image, with or without tag.' })),
  label: Type.Optional(
    Type.Array(Type.String({ maxLength: 4352 }), {
      description: '`name` or `name=value`; may be given several times.',
      maxItems: 16
    })
  ),
  managed: Type.Optional(Type.Boolean()),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  cursor: Type.Optional(Type.String({ maxLength: 64, description: 'From the `X-Next-Cursor` of the page before.' }))
})
export type ListContainersQuery = Static<typeof ListContainersQuery>

export const StopQuery = Type.Object({
  timeout: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 300, description: "Seconds until the kill; absent: the container's own." })
  )
})

export const RemoveQuery = Type.Object({
  force: Type.Optional(Type.Boolean({ default: false, description: 'Remove it although it runs.' }))
})

export const WaitQuery = Type.Object({
  for: Type.Optional(
    words(['running', 'port', 'healthy', 'http', 'exited', 'removed'] as const, {
      default: 'exited',
      description: 'What to wait for.'
    })
  ),
  path: Type.Optional(
    formed(URL_PATH, URL_PATH_RULE, { maxLength: 1024, default: '/', description: 'Path for `http`.' })
  ),
  timeout_seconds: Type.Optional(WaitSeconds)
})
export type WaitQuery = Static<typeof WaitQuery>

const Moment = Type.String({
  maxLength: 40,
  description: 'RFC 3339 time, seconds since 1970, or how long ago, such as `10m`.',
  examples: ['10m']
})

export const LogsQuery = Type.Object({
  tail: Type.Optional(
    formed('^(?:all|[0-9]{1,5}|100000)$', 'must be a number of lines up to 100000, or all', {
      description: 'Only the last lines, or `all`. Absent: 1000.',
      examples: ['100', 'all']
    })
  ),
  since: Type.Optional(Moment),
  until: Type.Optional(Moment),
  timestamps: Type.Optional(Type.Boolean({ default: false })),
  stdout: Type.Optional(Type.Boolean({ default: true })),
  stderr: Type.Optional(Type.Boolean({ default: true })),
  follow: Type.Optional(Type.Boolean({ default: false, description: 'Goes on until the container ends.' })),
  format: Type.Optional(
    words(['text', 'json'] as const, {
      description: 'With `follow`, `json` is one object a line. Absent: what `Accept` asks for, else text.'
    })
  )
})
export type LogsQuery = Static<typeof LogsQuery>

export const ExecCommand = Type.Object(
  {
    command: Command('Program and arguments; no shell unless you name one.'),
    env: Type.Optional(Env),
    working_dir: Type.Optional(formed(PATH, PATH_RULE, { maxLength: 512 })),
    user: Type.Optional(formed(USER, USER_RULE)),
    timeout_seconds: Type.Optional(WaitSeconds),
    stdin: Type.Optional(
      Type.String({ maxLength: 262_144, description: 'What the command reads. Absent: nothing.', examples: ['hello'] })
    ),
    stream: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Answer with server-sent events while the command runs. Then `timeout_seconds` has no default, and the command ends with its client.'
      })
    )
  },
  {
    $id: 'ExecCommand',
    description: 'What to run.',
    additionalProperties: false,
    examples: [{ command: ['ls', '-l', '/'] }]
  }
)
export type ExecCommand = Static<typeof ExecCommand>
