// What clients send about containers. What they get: schemas.ts.

import { Type, type Static } from '@sinclair/typebox'
import { form, formed, nullable, record, words } from '../lib/schema.ts'

const NAME = '^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}$'
const NETWORK_NAME = '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$'
const ALIAS = '^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?$'
const IMAGE = '^[a-zA-Z0-9][a-zA-Z0-9._/:@-]{0,254}$'
// As it goes over the wire: what is not ASCII, and spaces, with percent signs.
const URL_PATH = '^/[\\x21-\\x7e]*$'
// A path of a file.
const PATH = '^/[^\\u0000]*$'
const USER = '^[a-zA-Z0-9_.-]{1,64}(:[a-zA-Z0-9_.-]{1,64})?$'
const ENV_NAME = '^[A-Za-z_][A-Za-z0-9_.-]*$'

const NAME_RULE =
  'must be 2 to 63 letters, digits, dots, dashes and underscores that begin with a letter or digit, such as web-1'
const NETWORK_RULE = 'must be the name of a network, such as shop: letters, digits, dots, dashes and underscores'
const ALIAS_RULE =
  'must be up to 63 letters, digits, dots, dashes and underscores between letters or digits, such as db'
const IMAGE_RULE = 'must be the name of an image, such as nginx:1.27 or registry.example.com/team/app:1.0'
const URL_PATH_RULE = 'must begin with / and have no spaces, such as /health'
const PATH_RULE = 'must be an absolute path, such as /data'
const USER_RULE = 'must be a user, or a user and a group, by name or number, such as node or 1000:1000'
const ENV_RULE = 'is not a name of a variable: it must be letters, digits, _, . and -, such as LOG_LEVEL'
const MAX_WAIT_SECONDS = 300
const MAX_TTL_SECONDS = 366 * 24 * 3600

export const CONTAINER_STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const
export const Protocols = words(['tcp', 'udp'] as const, { default: 'tcp' })
export const RestartPolicy = words(['no', 'on-failure', 'unless-stopped', 'always'] as const, {
  description: 'What the engine does when the workload ends.'
})
const Port = (description: string) => Type.Integer({ minimum: 1, maximum: 65535, description })

const PortRequest = Type.Object(
  {
    container_port: Port('Port on which the workload listens.'),
    protocol: Type.Optional(Protocols),
    host_port: Type.Optional(Port('Host port to use, from the range. Absent: the next free one.'))
  },
  { additionalProperties: false }
)

const VolumeRequest = Type.Object(
  {
    source: formed(NAME, NAME_RULE, { description: 'Name of the volume; it is made when there is none.' }),
    target: formed(PATH, PATH_RULE, { maxLength: 512, description: 'Absolute path inside the container.' }),
    read_only: Type.Optional(Type.Boolean({ default: false }))
  },
  { additionalProperties: false }
)

const HealthcheckRequest = Type.Object(
  {
    test: Type.Array(Type.String({ maxLength: 4096 }), {
      minItems: 1,
      maxItems: 64,
      description: 'As in compose: ["CMD", "program", "argument"], ["CMD-SHELL", "command line"] or ["NONE"].',
      examples: [['CMD', 'curl', '-f', 'http://localhost:5000/health']]
    }),
    interval_seconds: Type.Optional(Type.Number({ minimum: 0.1, maximum: 86400 })),
    timeout_seconds: Type.Optional(Type.Number({ minimum: 0.1, maximum: 86400 })),
    start_period_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 86400 })),
    retries: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 }))
  },
  { additionalProperties: false }
)

const Command = (description: string) =>
  Type.Array(Type.String({ maxLength: 65536 }), { minItems: 1, maxItems: 1024, description })
const Env = record(Type.String({ maxLength: 65536 }), {
  propertyNames: form(ENV_NAME, ENV_RULE),
  description: 'Environment of the workload. Values are never shown again.',
  maxProperties: 512
})
const Labels = record(Type.String({ maxLength: 4096 }), {
  propertyNames: { minLength: 1, maxLength: 255, 'x-rule': 'must be 1 to 255 characters long' },
  description: 'Labels of your own; names that start with `io.berth.` are not.',
  maxProperties: 128
})
const MemoryBytes = Type.Integer({
  minimum: 6 * 1024 ** 2,
  description: 'Memory limit in bytes.',
  examples: [536870912]
})
const Cpus = Type.Number({ minimum: 0.01, description: 'CPU limit in cores.', examples: [0.5] })
const PidsLimit = Type.Integer({ minimum: 1, description: 'Largest number of processes.' })
const Nofile = Type.Integer({
  minimum: 64,
  description: "Largest number of open files. Absent: the server's default, else the engine's own.",
  examples: [4096]
})
const TtlSeconds = Type.Integer({
  minimum: 1,
  maximum: MAX_TTL_SECONDS,
  description: 'The container is removed after this time, counted from now.'
})

const WaitSeconds = Type.Number({ minimum: 0.1, maximum: MAX_WAIT_SECONDS, default: 30 })

const ContainerWait = words(['none', 'running', 'port', 'healthy', 'http'] as const, {
  default: 'running',
  description:
    'When the answer comes: at once, when the engine has started it, when its first TCP port accepts a connection, ' +
    'when its health check passes, or when an HTTP GET is answered with a status below 400.'
})

export const CreateContainer = Type.Object(
  {
    name: Type.Optional(
      formed(NAME, NAME_RULE, {
        description: 'Absent: `api-server-<unix time>` and four letters.',
        examples: ['my-api-server']
      })
    ),
    image: Type.Optional(
      formed(IMAGE, IMAGE_RULE, {
        description: 'Absent: the default image of the server.',
        examples: ['base-api-server:latest']
      })
    ),
    pull: Type.Optional(words(['missing', 'always', 'never'] as const, { default: 'missing' })),
    ports: Type.Optional(
      Type.Array(PortRequest, {
        maxItems: 32,
        description: "Absent: the image's one exposed TCP port, else 5000. Empty: none."
      })
    ),
    env: Type.Optional(Env),
    labels: Type.Optional(Labels),
    command: Type.Optional(Command("Replaces the image's command.")),
    entrypoint: Type.Optional(Command("Replaces the image's entrypoint.")),
    working_dir: Type.Optional(formed(PATH, PATH_RULE, { maxLength: 512 })),
    user: Type.Optional(formed(USER, USER_RULE)),
    memory: Type.Optional(MemoryBytes),
    cpus: Type.Optional(Cpus),
    pids_limit: Type.Optional(PidsLimit),
    nofile: Type.Optional(Nofile),
    restart: Type.Optional(Type.Unsafe<Static<typeof RestartPolicy>>({ ...RestartPolicy, default: 'no' })),
    healthcheck: Type.Optional(HealthcheckRequest),
    volumes: Type.Optional(Type.Array(VolumeRequest, { maxItems: 32, description: 'Named volumes only.' })),
    network: Type.Optional(
      formed(NETWORK_NAME, NETWORK_RULE, {
        description:
          'A network that exists (`GET /networks`); containers on it find each other by name. `none`: no network at all. ' +
          "Absent: the engine's default, on which there are no names.",
        examples: ['shop']
      })
    ),
    aliases: Type.Optional(
      Type.Array(formed(ALIAS, ALIAS_RULE), {
        minItems: 1,
        maxItems: 16,
        description: 'Further names on that network.',
        examples: [['db']]
      })
    ),
    stop_timeout: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 300, description: 'Seconds between the polite signal and the kill.' })
    ),
    ttl_seconds: Type.Optional(TtlSeconds),
    start: Type.Optional(Type.Boolean({ default: true })),
    wait: Type.Optional(ContainerWait),
    wait_path: Type.Optional(
      formed(URL_PATH, URL_PATH_RULE, {
        maxLength: 1024,
        default: '/',
        description: 'Path of the GET that `wait: "http"` makes.'
      })
    ),
    wait_timeout_seconds: Type.Optional(WaitSeconds)
  },
  {
    $id: 'CreateContainer',
    additionalProperties: false,
    examples: [{ name: 'my-api-server', image: 'base-api-server:latest' }]
  }
)
export type CreateContainer = Static<typeof CreateContainer>

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
    )
  },
  { $id: 'UpdateContainer', additionalProperties: false, minProperties: 1, examples: [{ ttl_seconds: 3600 }] }
)
export type UpdateContainer = Static<typeof UpdateContainer>

export const ContainerParams = Type.Object({
  id: Type.String({
    maxLength: 128,
    description: 'Short id, full id, unique beginning of an id, or name.',
    examples: ['my-api-server']
  })
})

export const ListContainersQuery = Type.Object({
  state: Type.Optional(words(CONTAINER_STATES)),
  name: Type.Optional(Type.String({ description: 'Part of the name.' })),
  image: Type.Optional(Type.String({ description: 'Image, with or without tag.' })),
  label: Type.Optional(
    Type.Array(Type.String(), { description: '`name` or `name=value`; may be given several times.', maxItems: 16 })
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

export const LogsQuery = Type.Object({
  tail: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 100_000, description: 'Only the last lines. Absent: 1000.' })
  ),
  since: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339 time, or seconds since 1970.' })),
  until: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339 time, or seconds since 1970.' })),
  timestamps: Type.Optional(Type.Boolean({ default: false })),
  stdout: Type.Optional(Type.Boolean({ default: true })),
  stderr: Type.Optional(Type.Boolean({ default: true })),
  follow: Type.Optional(Type.Boolean({ default: false, description: 'Server-sent events until the container ends.' })),
  format: Type.Optional(words(['text', 'json'] as const, { default: 'text', description: 'Without `follow`.' }))
})
export type LogsQuery = Static<typeof LogsQuery>

export const ExecCommand = Type.Object(
  {
    command: Command('Program and arguments; no shell unless you name one.'),
    env: Type.Optional(Env),
    working_dir: Type.Optional(formed(PATH, PATH_RULE, { maxLength: 512 })),
    user: Type.Optional(formed(USER, USER_RULE)),
    timeout_seconds: Type.Optional(WaitSeconds)
  },
  { $id: 'ExecCommand', additionalProperties: false, examples: [{ command: ['ls', '-l', '/'] }] }
)
export type ExecCommand = Static<typeof ExecCommand>
