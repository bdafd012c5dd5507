// What may be asked for when a container is made.

import { Type, type Static } from '@sinclair/typebox'
import { formed, nullable, orWritten, record, words } from '../lib/schema.ts'
import {
  Command,
  Cpus,
  Env,
  IMAGE,
  IMAGE_RULE,
  Labels,
  MemoryBytes,
  NAME,
  NAME_RULE,
  Nofile,
  PATH,
  PATH_RULE,
  PidsLimit,
  Protocols,
  RestartPolicy,
  Ttl,
  TtlSeconds,
  URL_PATH,
  URL_PATH_RULE,
  USER,
  USER_RULE,
  WaitSeconds
} from './fields.ts'

const NETWORK_NAME = '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$'
const ALIAS = '^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?$'

const NETWORK_RULE = 'must be the name of a network, such as shop: letters, digits, dots, dashes and underscores'
const ALIAS_RULE =
  'must be up to 63 letters, digits, dots, dashes and underscores between letters or digits, such as db'

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
    interval_seconds: Type.Optional(
      Type.Number({
        minimum: 5,
        maximum: 86400,
        description: 'What a check uses is not counted against the limits of the container, so it runs seldom.'
      })
    ),
    timeout_seconds: Type.Optional(Type.Number({ minimum: 0.1, maximum: 86400 })),
    start_period_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 86400 })),
    retries: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 }))
  },
  { additionalProperties: false }
)

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
      orWritten(
        Type.Array(orWritten(PortRequest, Type.String({ maxLength: 16 })), {
          maxItems: 32,
          description:
            "Absent: the image's one exposed TCP port, else 5000. Empty: none. " +
            'Also as `["8150:5000"]`, the host port first, or as `{"5000/tcp": 8150}`, the port of the workload first.',
          examples: [[{ container_port: 5000 }], ['5000']]
        }),
        record(nullable(Port('Host port; null for the next free one.')), {
          maxProperties: 32,
          examples: [{ '5000/tcp': null }]
        })
      )
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
    ttl: Type.Optional(Ttl),
    shared: Type.Optional(
      Type.Boolean({ default: false, description: 'Whether every token sees it and may change it.' })
    ),
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
    description: 'What to make.',
    additionalProperties: false,
    examples: [{ name: 'my-api-server', image: 'base-api-server:latest' }]
  }
)
export type CreateContainer = Static<typeof CreateContainer>
