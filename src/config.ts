// Every setting, once: its variable, default, meaning and kind.
// `.env.example`, the README table and `loadConfig` all follow from this table.

import {
  bytes,
  flag,
  integer,
  list,
  number,
  oneOf,
  optional,
  portList,
  portOrOff,
  portRange,
  text,
  type Setting
} from './lib/settings.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

const SETTINGS = {
  host: text('BERTH_HOST', '127.0.0.1', 'Address the API listens on. Any address that is not loopback needs a token.'),
  port: integer('BERTH_PORT', 8000, 1, 65535, 'Port of the API.'),
  grpcPort: portOrOff('BERTH_GRPC_PORT', 50051, 'Port of the gRPC services, on the same address. off: none.'),
  token: {
    ...optional(
      'BERTH_TOKEN',
      'Token that may do everything, at least 32 characters. Empty: on loopback none is needed, until one is made.'
    ),
    secret: true,
    parse: (raw: string) => {
      if (raw !== '' && raw.length < 32) throw new Error('must have at least 32 characters (try: openssl rand -hex 32)')
      return raw || undefined
    }
  },
  socket: optional(
    'BERTH_SOCKET',
    'Path of a unix socket to listen on instead of BERTH_HOST and BERTH_PORT; only the user that runs the server may use it.'
  ),
  tlsCert: optional(
    'BERTH_TLS_CERT',
    'File with the certificate (PEM) and those above it. With it the API speaks https.'
  ),
  tlsKey: optional('BERTH_TLS_KEY', 'File with the private key of BERTH_TLS_CERT (PEM).'),
  tlsTerminated: flag(
    'BERTH_TLS_TERMINATED',
    false,
    'Says that something in front of the server does TLS: a proxy, a tunnel, or a network that nobody else is on. Needed on an address that is not loopback, without BERTH_TLS_CERT.'
  ),
  allowedHosts: list(
    'BERTH_ALLOWED_HOSTS',
    'Further names, separated by commas, under which browsers and clients may call the API.'
  ),
  portRange: portRange('BERTH_PORT_RANGE', '8001-8999', 'Host ports that containers are given.'),
  reservedPorts: portList('BERTH_RESERVED_PORTS', 'Ports of the range that are never given out, separated by commas.'),
  publishHost: optional(
    'BERTH_PUBLISH_HOST',
    'Address on which the ports of containers are published. Empty: the same as BERTH_HOST.'
  ),
  probeHost: optional(
    'BERTH_PROBE_HOST',
    'Address under which this server reaches published ports, for waits. Empty: worked out from BERTH_PUBLISH_HOST.'
  ),
  dataDir: text('BERTH_DATA_DIR', 'data', 'Folder for what the engine cannot remember (a small SQLite database).'),
  defaultImage: text('BERTH_DEFAULT_IMAGE', 'base-api-server:latest', 'Image of a container whose request names none.'),
  memoryDefault: bytes('BERTH_MEMORY_DEFAULT', '512m', 'Memory limit of a container that asks for none.'),
  memoryMax: bytes('BERTH_MEMORY_MAX', '8g', 'Largest memory limit that a request may ask for.'),
  cpusDefault: number('BERTH_CPUS_DEFAULT', 1, 0.01, 1024, 'CPU limit of a container that asks for none.'),
  cpusMax: number('BERTH_CPUS_MAX', 8, 0.01, 1024, 'Largest CPU limit that a request may ask for.'),
  pidsDefault: integer('BERTH_PIDS_DEFAULT', 256, 1, 1_000_000, 'Process limit of a container that asks for none.'),
  pidsMax: integer('BERTH_PIDS_MAX', 4096, 1, 1_000_000, 'Largest process limit that a request may ask for.'),
  policyFile: optional(
    'BERTH_POLICY_FILE',
    'JSON file that says which images, volumes and networks may be used and how much. One that cannot be read ends the start.'
  ),
  exec: flag('BERTH_EXEC', false, 'Whether commands may be run inside containers over the API.'),
  manageForeign: flag(
    'BERTH_MANAGE_FOREIGN',
    false,
    'Whether containers that Berth did not make may be started, stopped and removed.'
  ),
  engineConcurrency: integer(
    'BERTH_ENGINE_CONCURRENCY',
    16,
    1,
    256,
    'How many changes are sent to the engine at once.'
  ),
  engineQueue: integer(
    'BERTH_ENGINE_QUEUE',
    2048,
    1,
    100_000,
    'How many changes may wait for their turn at the engine; what would make something new is refused beyond that.'
  ),
  changesPerSecond: number(
    'BERTH_CHANGES_PER_SECOND',
    50,
    0,
    100_000,
    'How many changes each token may ask for in a second, after a burst of five times as many. 0: no limit.'
  ),
  streamsPerCaller: integer(
    'BERTH_STREAMS_PER_CALLER',
    100,
    0,
    100_000,
    'How many event streams each token may have open. 0: no limit.'
  ),
  engineTimeoutSeconds: number(
    'BERTH_ENGINE_TIMEOUT_SECONDS',
    60,
    1,
    600,
    'How long the engine may take for one change before the request is answered with an error.'
  ),
  registriesFile: optional(
    'BERTH_REGISTRIES_FILE',
    'JSON file with logins for registries: host to username and password, or identity_token. chmod 600.'
  ),
  registryIdleSeconds: number(
    'BERTH_REGISTRY_IDLE_SECONDS',
    120,
    1,
    3600,
    'How long nothing may move during a pull or push before it is given up.'
  ),
  registryTimeoutSeconds: number(
    'BERTH_REGISTRY_TIMEOUT_SECONDS',
    1800,
    1,
    86_400,
    'How long a pull or push may take in all.'
  ),
  buildConcurrency: integer('BERTH_BUILD_CONCURRENCY', 2, 1, 64, 'How many builds run at once; the others wait.'),
  buildQueueMax: integer('BERTH_BUILD_QUEUE_MAX', 1000, 1, 100_000, 'How many builds may wait.'),
  buildTimeoutSeconds: integer('BERTH_BUILD_TIMEOUT_SECONDS', 3600, 1, 86_400, 'How long a build may take.'),
  buildIdleSeconds: integer('BERTH_BUILD_IDLE_SECONDS', 600, 1, 86_400, 'How long a build may say nothing.'),
  buildUploadMax: bytes('BERTH_BUILD_UPLOAD_MAX', '512m', 'Largest upload of a build context.'),
  buildContextMax: bytes('BERTH_BUILD_CONTEXT_MAX', '2g', 'Largest build context once it is unpacked.'),
  buildLogMax: bytes('BERTH_BUILD_LOG_MAX', '16m', 'How much of the log of a build is kept.'),
  buildNetwork: oneOf(
    'BERTH_BUILD_NETWORK',
    'default',
    ['default', 'none'],
    'The network that RUN has in a build. `none` keeps untrusted Dockerfiles from it (but not their ADD).'
  ),
  buildCgroupParent: optional(
    'BERTH_BUILD_CGROUP_PARENT',
    'The cgroup that builds run in, which you made with its limits: see docs/operations.md.'
  ),
  buildRetentionDays: number(
    'BERTH_BUILD_RETENTION_DAYS',
    10,
    0.001,
    3650,
    'How long the records and files of finished builds are kept. Their images stay.'
  ),
  hostProc: text(
    'BERTH_HOST_PROC',
    '/proc',
    "The host's /proc as this server sees it; mount it read-only when the server runs in a container of its own network."
  ),
  hostCgroup: text(
    'BERTH_HOST_CGROUP',
    '/sys/fs/cgroup',
    "The host's cgroup folder as this server sees it, for statistics."
  ),
  statsSource: oneOf(
    'BERTH_STATS_SOURCE',
    'auto',
    ['auto', 'cgroup', 'engine'],
    "Where statistics come from: the kernel's files, or the engine's slower API. auto: the files where they can be read."
  ),
  engineSetup: oneOf(
    'BERTH_ENGINE_SETUP',
    'auto',
    ['auto', 'never'],
    'Whether npm start and npm test may install and start a Docker engine where none answers.'
  ),
  logLevel: oneOf('LOG_LEVEL', 'info', LOG_LEVELS, 'What is logged: fatal, error, warn, info, debug, trace or silent.'),
  logFormat: oneOf('BERTH_LOG_FORMAT', 'auto', ['auto', 'json', 'pretty'], 'auto: pretty on a terminal, else JSON.'),
  dockerHost: optional('DOCKER_HOST', 'The engine, as the docker CLI takes it: unix:///… or tcp://…'),
  dockerContext: optional('DOCKER_CONTEXT', 'Name of the docker context to use.'),
  dockerConfig: optional('DOCKER_CONFIG', "Folder of docker's configuration. Empty: ~/.docker."),
  dockerCertPath: optional('DOCKER_CERT_PATH', 'Folder with ca.pem, cert.pem and key.pem for an engine behind TLS.'),
  dockerhubUsername: optional('DOCKERHUB_USERNAME', 'User name for Docker Hub.'),
  dockerhubPassword: {
    ...optional('DOCKERHUB_PASSWORD', 'Password or access token for Docker Hub, and for no other registry.'),
    secret: true
  },
  dockerhubNamespace: optional(
    'DOCKERHUB_NAMESPACE',
    'Where images go on Docker Hub when a push names no registry. Empty: DOCKERHUB_USERNAME.'
  ),
  dockerTlsVerify: {
    env: 'DOCKER_TLS_VERIFY',
    default: '',
    description: 'Any value but an empty one: speak TLS to the engine and check its certificate.',
    parse: (raw: string) => raw !== ''
  } satisfies Setting<boolean>
}

export type Config = { readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['parse']> }

export const SETTING_LIST: readonly Setting<unknown>[] = Object.values(SETTINGS)

export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

export type Environment = Record<string, string | undefined>

/** Reads the settings from an environment. Throws one ConfigError that names every problem. */
export function loadConfig(env: Environment): { config: Config; warnings: string[] } {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const raw = env[setting.env]?.trim() || setting.default
    try {
      values[name] = setting.parse(raw)
    } catch (error) {
      const shown = setting.secret ? '' : ` (it is "${raw}")`
      problems.push(`${setting.env} ${error instanceof Error ? error.message : String(error)}${shown}`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)

  const config = Object.freeze(values) as Config
  problems.push(...contradictions(config))
  if (problems.length > 0) throw new ConfigError(problems)
  return { config, warnings: unknownVariables(env) }
}

function contradictions(config: Config): string[] {
  const found: string[] = []
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined))
    found.push('BERTH_TLS_CERT and BERTH_TLS_KEY belong together: set both, or none')
  if (!isPrivate(config) && config.tlsCert === undefined && !config.tlsTerminated)
    found.push(
      `BERTH_HOST is ${config.host}, which other machines can reach, and tokens would cross the network in the clear: set BERTH_TLS_CERT and BERTH_TLS_KEY, or say BERTH_TLS_TERMINATED=true where a proxy does TLS`
    )
  if ((config.dockerhubUsername === undefined) !== (config.dockerhubPassword === undefined))
    found.push('DOCKERHUB_USERNAME and DOCKERHUB_PASSWORD are needed together')
  if (config.grpcPort === config.port) found.push('BERTH_GRPC_PORT is the same as BERTH_PORT')
  if (config.memoryDefault > config.memoryMax) found.push('BERTH_MEMORY_DEFAULT is above BERTH_MEMORY_MAX')
  if (config.cpusDefault > config.cpusMax) found.push('BERTH_CPUS_DEFAULT is above BERTH_CPUS_MAX')
  if (config.pidsDefault > config.pidsMax) found.push('BERTH_PIDS_DEFAULT is above BERTH_PIDS_MAX')
  return found
}

/** Whether only programs on this machine reach the server, so that it may do without tokens. */
export function isPrivate({ socket, host }: Pick<Config, 'socket' | 'host'>): boolean {
  return socket !== undefined || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function unknownVariables(env: Environment): string[] {
  const known = new Set(SETTING_LIST.map((setting) => setting.env))
  return Object.keys(env)
    .filter((name) => name.startsWith('BERTH_') && !known.has(name))
    .map((name) => `${name} is not a setting of Berth and has no effect`)
}
