// The request that creates a container.

import { Type, type Static } from '@sinclair/typebox'
import { LEAST_INTERVAL_SECONDS } from '../engine/health-interval.ts'
import { formed, nullable, orWritten, record, words } from '../lib/schema.ts'
import {
  Command,
  Cpus,
  Env,
  IMAGE,
  IMAGE_RULE,
  Labels,
  IoWeight,
  MemoryBytes,
  NAME,
  NAME_RULE,
  Nofile,
  PATH,
  PATH_RULE,
  PidsLimit,
  Protocols,
  RestartPolicy,
  StorageBytes,
  Ttl,
  TtlSeconds,
  URL_PATH,
  URL_PATH_RULE,
  USER,
  USER_RULE,
  WaitSeconds
} from './fields.ts'

const NODE_ATTRIBUTE =
  '(node\\.(id|hostname|ip|role|platform\\.(os|arch)|labels\\.[a-zA-Z0-9_.-]+)|engine\\.labels\\.[a-zA-Z0-9_.-]+)'
const CONSTRAINT = `^${NODE_ATTRIBUTE} *(==|!=) *[a-zA-Z0-9_./:*-]+$`
const CONSTRAINT_RULE =
  'must compare an attribute of a node with a value, such as node.role == worker or node.labels.disk == ssd'
const SPREAD = '^(node|engine)\\.labels\\.[a-zA-Z0-9_.-]+$'
const SPREAD_RULE = 'must be a label of nodes, such as node.labels.rack'
const NETWORK_NAME = '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$'
const ALIAS = '^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?$'

const RUNTIME = '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$'
const RUNTIME_RULE = 'must be the name of a runtime that the engine knows, such as runsc'
const NETWORK_RULE = 'must be the name of a network, such as shop: letters, digits, dots, dashes and underscores'
const ALIAS_RULE =
  'must be up to 63 letters, digits, dots, dashes and underscores between letters or digits, such as db'

const Port = (description: string) => Type.Integer({ minimum: 1, maximum: 65535, description })

const PortRequest = Type.Object(
  {
    container_port: Port('Port that the workload listens on.'),
    protocol: Type.Optional(Protocols),
    host_port: Type.Optional(Port('Host port, from the range. Defaults to the next free one.'))
  },
  { additionalProperties: false, examples: [{ container_port: 5000 }] }
)

const VolumeRequest = Type.Object(
  {
    source: formed(NAME, NAME_RULE, { description: 'Name of the volume. Berth creates it if it does not exist.' }),
    target: formed(PATH, PATH_RULE, { maxLength: 512, description: 'Absolute path inside the container.' }),
    read_only: Type.Optional(Type.Boolean({ default: false }))
  },
  { additionalProperties: false, examples: [{ source: 'shop-data', target: '/data' }] }
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
        minimum: LEAST_INTERVAL_SECONDS,
        maximum: 86400,
        description:
          'Seconds between two checks. Their resource usage does not count against the limits of the container, hence the minimum.'
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
    'When the response arrives: at once, after the engine started the container, once its first TCP port accepts a connection, ' +
    'once its health check passes, or once an HTTP GET returns a status below 400.'
})

export const CreateContainer = Type.Object(
  {
    name: Type.Optional(
      formed(NAME, NAME_RULE, {
        description: 'Defaults to `api-server-<unix time>` and four letters.',
        examples: ['my-api-server']
      })
    ),
    image: Type.Optional(
      formed(IMAGE, IMAGE_RULE, {
        description: 'Defaults to the default image of the server.',
        examples: ['base-api-server:latest']
      })
    ),
    pull: Type.Optional(words(['missing', 'always', 'never'] as const, { default: 'missing' })),
    ports: Type.Optional(
      orWritten(
        Type.Array(orWritten(PortRequest, Type.String({ maxLength: 16, examples: ['8150:5000'] })), {
          maxItems: 32,
          description:
            "Ports to publish. Default to the image's only exposed TCP port, else 5000. An empty list publishes none. " +
            'Short forms: `["8150:5000"]` with the host port first, or `{"5000/tcp": 8150}` with the container port first.',
          examples: [[{ container_port: 5000 }], ['5000']]
        }),
        record(nullable(Port('Host port. Null: the next free one.')), {
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
    storage_size: Type.Optional(StorageBytes),
    io_weight: Type.Optional(IoWeight),
    read_only: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Makes the root file system read-only. Volumes stay writable.'
      })
    ),
    runtime: Type.Optional(
      formed(RUNTIME, RUNTIME_RULE, {
        description:
          'Runs the container with this runtime of the engine. Only runtimes that the policy allows. ' +
          "Absent: the policy's first that fits, else the engine's default.",
        examples: ['runsc']
      })
    ),
    constraints: Type.Optional(
      Type.Array(formed(CONSTRAINT, CONSTRAINT_RULE, { maxLength: 512 }), {
        minItems: 1,
        maxItems: 16,
        description: 'On a Swarm: what a node must be to run it. All of them must hold.',
        examples: [['node.role == worker']]
      })
    ),
    spread: Type.Optional(
      formed(SPREAD, SPREAD_RULE, {
        maxLength: 512,
        description: 'On a Swarm: prefer nodes whose value of this label the fewest tasks of the service share.',
        examples: ['node.labels.rack']
      })
    ),
    restart: Type.Optional(Type.Unsafe<Static<typeof RestartPolicy>>({ ...RestartPolicy, default: 'no' })),
    healthcheck: Type.Optional(HealthcheckRequest),
    volumes: Type.Optional(Type.Array(VolumeRequest, { maxItems: 32, description: 'Named volumes only.' })),
    network: Type.Optional(
      formed(NETWORK_NAME, NETWORK_RULE, {
        description:
          'An existing network (`GET /networks`), on which containers find each other by name, or `none`. ' +
          "Defaults to the engine's default network, which has no names.",
        examples: ['shop']
      })
    ),
    aliases: Type.Optional(
      Type.Array(formed(ALIAS, ALIAS_RULE), {
        minItems: 1,
        maxItems: 16,
        description: 'Additional names on that network.',
        examples: [['db']]
      })
    ),
    stop_timeout: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 300, description: 'Seconds between the stop signal and the kill.' })
    ),
    ttl_seconds: Type.Optional(TtlSeconds),
    ttl: Type.Optional(Ttl),
    shared: Type.Optional(Type.Boolean({ default: false, description: 'Whether every token may see and change it.' })),
    start: Type.Optional(Type.Boolean({ default: true })),
    wait: Type.Optional(ContainerWait),
    wait_path: Type.Optional(
      formed(URL_PATH, URL_PATH_RULE, {
        maxLength: 1024,
        default: '/',
        description: 'Path that `wait: "http"` requests with GET.'
      })
    ),
    wait_timeout_seconds: Type.Optional(WaitSeconds)
  },
  {
    $id: 'CreateContainer',
    description: 'The container to create.',
    additionalProperties: false,
    examples: [{ name: 'my-api-server', image: 'base-api-server:latest' }]
  }
)
export type CreateContainer = Static<typeof CreateContainer>
