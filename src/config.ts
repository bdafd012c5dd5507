// Every setting, once: its variable, default, meaning and kind.
// `loadConfig`, `docs/settings.md` and `.env.example` all follow from this table (`npm run docs`).

import {
  bytes,
  flag,
  integer,
  list,
  number,
  oneOf,
  optional,
  optionalInteger,
  portList,
  portOrOff,
  portRange,
  text,
  type Setting
} from './lib/settings.ts'

const NOFILE_LEAST = 64
const NOFILE_MOST = 2_147_483_647
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export const SETTINGS = {
  host: text(
    'BERTH_HOST',
    '127.0.0.1',
    'Address that the API listens on. An address other than loopback needs a token.'
  ),
  port: integer('BERTH_PORT', 8000, 1, 65535, 'Port of the API.'),
  grpcPort: portOrOff('BERTH_GRPC_PORT', 50051, 'Port of the gRPC API, on the same address. `off` disables it.'),
  token: {
    ...optional(
      'BERTH_TOKEN',
      'Operator token with every right, at least 32 characters. Without it, loopback needs no token until one is created.'
    ),
    secret: true,
    parse: (raw: string) => {
      if (raw !== '' && raw.length < 32) throw new Error('must have at least 32 characters (try: openssl rand -hex 32)')
      return raw || undefined
    }
  },
  socket: optional(
    'BERTH_SOCKET',
    'Unix socket to listen on instead of BERTH_HOST and BERTH_PORT. Only the user that runs the server may connect.'
  ),
  tlsCert: optional('BERTH_TLS_CERT', 'Certificate chain (PEM file). Turns on TLS.'),
  tlsKey: optional('BERTH_TLS_KEY', 'Private key of BERTH_TLS_CERT (PEM file).'),
  tlsTerminated: flag(
    'BERTH_TLS_TERMINATED',
    false,
    'Declares that a proxy or tunnel in front of the server terminates TLS. Required on a non-loopback address without BERTH_TLS_CERT.'
  ),
  allowedHosts: list(
    'BERTH_ALLOWED_HOSTS',
    'Additional host names, separated by commas, that clients may use to reach the API.'
  ),
  corsOrigins: {
    ...list(
      'BERTH_CORS_ORIGINS',
      'Origins, separated by commas, whose web pages may use the API from a browser, as https://panel.example.com. `*` is refused.'
    ),
    parse: (raw: string) =>
      raw
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean)
        .map(parseOrigin)
  },
  portRange: portRange('BERTH_PORT_RANGE', '8001-8999', 'Host ports that Berth assigns to containers.'),
  reservedPorts: portList('BERTH_RESERVED_PORTS', 'Ports of the range that Berth never assigns, separated by commas.'),
  publishHost: optional(
    'BERTH_PUBLISH_HOST',
    'Address on which container ports are published. Defaults to BERTH_HOST.'
  ),
  probeHost: optional(
    'BERTH_PROBE_HOST',
    'Address at which this server reaches published ports when a request waits for one. Derived from BERTH_PUBLISH_HOST by default.'
  ),
  dataDir: text('BERTH_DATA_DIR', 'data', 'Data folder: a small SQLite database, build contexts and build logs.'),
  defaultImage: text('BERTH_DEFAULT_IMAGE', 'base-api-server:latest', 'Image used when a request names none.'),
  memoryDefault: bytes('BERTH_MEMORY_DEFAULT', '512m', 'Memory limit of a container whose request sets none.'),
  memoryMax: bytes('BERTH_MEMORY_MAX', '8g', 'Highest memory limit that a request may set.'),
  cpusDefault: number('BERTH_CPUS_DEFAULT', 1, 0.01, 1024, 'CPU limit of a container whose request sets none.'),
  cpusMax: number('BERTH_CPUS_MAX', 8, 0.01, 1024, 'Highest CPU limit that a request may set.'),
  pidsDefault: integer(
    'BERTH_PIDS_DEFAULT',
    256,
    1,
    1_000_000,
    'Process limit of a container whose request sets none.'
  ),
  pidsMax: integer('BERTH_PIDS_MAX', 4096, 1, 1_000_000, 'Highest process limit that a request may set.'),
  nofileDefault: optionalInteger(
    'BERTH_NOFILE_DEFAULT',
    NOFILE_LEAST,
    NOFILE_MOST,
    "Limit of open files of a container whose request sets none. Unset, the engine's own applies."
  ),
  nofileMax: integer(
    'BERTH_NOFILE_MAX',
    1_048_576,
    NOFILE_LEAST,
    NOFILE_MOST,
    'Highest limit of open files that a request may set.'
  ),
  policyFile: optional(
    'BERTH_POLICY_FILE',
    'JSON file that restricts images, volumes, networks and resources. The server refuses to start if it cannot read it.'
  ),
  exec: flag('BERTH_EXEC', false, 'Allow clients to run commands inside containers.'),
  terminalsPerCaller: integer(
    'BERTH_TERMINALS_PER_CALLER',
    20,
    1,
    10_000,
    'Terminals that each token may have open, those of broken connections included. Without tokens, all callers are one.'
  ),
  terminalsMax: integer('BERTH_TERMINALS_MAX', 100, 1, 10_000, 'Terminals that all callers together may have open.'),
  terminalRecordings: optional(
    'BERTH_TERMINAL_RECORDINGS',
    'Existing folder in which the output of every terminal is recorded, as asciicast files. Unset, nothing is recorded.'
  ),
  filesMax: bytes(
    'BERTH_FILES_MAX',
    '16g',
    "Most bytes of one upload to or download from a container's file system, after unpacking."
  ),
  fileEntriesMax: integer(
    'BERTH_FILE_ENTRIES_MAX',
    100_000,
    1,
    10_000_000,
    'Most files and folders of an archive that goes into or comes out of a container.'
  ),
  fileScanMax: bytes(
    'BERTH_FILE_SCAN_MAX',
    '1g',
    'How much Berth reads to list a folder of a container: the engine sends it with all that is below it.'
  ),
  manageForeign: flag(
    'BERTH_MANAGE_FOREIGN',
    false,
    'Allow clients to start, stop and remove containers that Berth did not create.'
  ),
  engineConcurrency: integer('BERTH_ENGINE_CONCURRENCY', 16, 1, 256, 'Changes sent to the engine in parallel.'),
  engineQueue: integer(
    'BERTH_ENGINE_QUEUE',
    2048,
    1,
    100_000,
    'Changes that may wait for the engine. Beyond that, requests that create something are refused.'
  ),
  changesPerSecond: number(
    'BERTH_CHANGES_PER_SECOND',
    50,
    0,
    100_000,
    'Changes per second that each token may request, after a burst of five times as many. 0 disables the limit.'
  ),
  streamsPerCaller: integer(
    'BERTH_STREAMS_PER_CALLER',
    100,
    0,
    100_000,
    'Event streams that each token may hold open. 0 disables the limit.'
  ),
  requestsPerCaller: integer(
    'BERTH_REQUESTS_PER_CALLER',
    1000,
    0,
    100_000,
    'Requests that each token may have open at once, waits and streams included. Without tokens, three times as many for each address. 0 disables the limit.'
  ),
  connectionsMax: integer(
    'BERTH_CONNECTIONS_MAX',
    4096,
    16,
    100_000,
    'Connections to the API. Beyond that, the address with the most idle ones loses its oldest. The gRPC API has a quarter of that.'
  ),
  engineTimeoutSeconds: number(
    'BERTH_ENGINE_TIMEOUT_SECONDS',
    60,
    1,
    600,
    'Fail a change if the engine takes longer than this many seconds.'
  ),
  registriesFile: optional(
    'BERTH_REGISTRIES_FILE',
    'JSON file with registry logins: host to username and password, or identity_token. Needs mode 600.'
  ),
  registryIdleSeconds: number(
    'BERTH_REGISTRY_IDLE_SECONDS',
    120,
    1,
    3600,
    'Abort a pull or push after this many seconds without progress.'
  ),
  registryTimeoutSeconds: number(
    'BERTH_REGISTRY_TIMEOUT_SECONDS',
    1800,
    1,
    86_400,
    'Abort a pull or push after this many seconds.'
  ),
  buildConcurrency: integer('BERTH_BUILD_CONCURRENCY', 2, 1, 64, 'Builds that run in parallel. The others wait.'),
  buildQueueMax: integer('BERTH_BUILD_QUEUE_MAX', 1000, 1, 100_000, 'Builds that may wait in the queue.'),
  buildTimeoutSeconds: integer(
    'BERTH_BUILD_TIMEOUT_SECONDS',
    3600,
    1,
    86_400,
    'Abort a build after this many seconds.'
  ),
  buildIdleSeconds: integer(
    'BERTH_BUILD_IDLE_SECONDS',
    600,
    1,
    86_400,
    'Abort a build after this many seconds without output.'
  ),
  buildUploadMax: bytes('BERTH_BUILD_UPLOAD_MAX', '512m', 'Largest upload of a build context.'),
  buildContextMax: bytes('BERTH_BUILD_CONTEXT_MAX', '2g', 'Largest build context after unpacking.'),
  buildStorageMax: bytes(
    'BERTH_BUILD_STORAGE_MAX',
    '20g',
    'What the contexts and logs of all builds may take up in the data folder. Beyond that, uploads are refused.'
  ),
  buildLogMax: bytes('BERTH_BUILD_LOG_MAX', '16m', 'Largest part of a build log that is kept.'),
  buildNetwork: oneOf(
    'BERTH_BUILD_NETWORK',
    'default',
    ['default', 'none'],
    'Network of RUN instructions. `none` cuts off RUN, but not ADD, in untrusted Dockerfiles.'
  ),
  buildCgroupParent: optional(
    'BERTH_BUILD_CGROUP_PARENT',
    'Existing cgroup, with limits of your choice, that builds run in. See docs/operations.md.'
  ),
  buildRetentionDays: number(
    'BERTH_BUILD_RETENTION_DAYS',
    10,
    0.001,
    3650,
    'Days to keep the records, contexts and logs of finished builds. Images stay.'
  ),
  buildRoots: list(
    'BERTH_BUILD_ROOTS',
    'Folders of this machine, separated by commas, from which clients of gRPC may build by naming the path of a Dockerfile.'
  ),
  buildRecordsMax: integer(
    'BERTH_BUILD_RECORDS_MAX',
    2000,
    1,
    100_000,
    'Finished builds to keep. Beyond that, the oldest of the token that has the most go first.'
  ),
  hostProc: text(
    'BERTH_HOST_PROC',
    '/proc',
    "Path of the host's /proc. Mount it read-only when the server runs in a container with its own network."
  ),
  hostCgroup: text('BERTH_HOST_CGROUP', '/sys/fs/cgroup', "Path of the host's cgroup file system, for statistics."),
  statsSource: oneOf(
    'BERTH_STATS_SOURCE',
    'auto',
    ['auto', 'cgroup', 'engine'],
    "Source of statistics: the kernel's cgroup files, or the slower engine API. `auto` uses the files where it can read them."
  ),
  engineSetup: oneOf(
    'BERTH_ENGINE_SETUP',
    'auto',
    ['auto', 'never'],
    'Allow npm start and npm test to install and start a Docker engine when none answers.'
  ),
  logLevel: oneOf('LOG_LEVEL', 'info', LOG_LEVELS, 'Log level: fatal, error, warn, info, debug, trace or silent.'),
  logFormat: oneOf(
    'BERTH_LOG_FORMAT',
    'auto',
    ['auto', 'json', 'pretty'],
    'Log format. `auto` is pretty on a terminal and JSON elsewhere.'
  ),
  dockerHost: optional('DOCKER_HOST', 'Address of the engine, as for the docker CLI: unix:///… or tcp://…'),
  dockerContext: optional('DOCKER_CONTEXT', 'Docker context to use.'),
  dockerConfig: optional('DOCKER_CONFIG', 'Folder of the docker CLI configuration. Defaults to ~/.docker.'),
  dockerCertPath: optional('DOCKER_CERT_PATH', 'Folder with ca.pem, cert.pem and key.pem, for an engine behind TLS.'),
  dockerhubUsername: optional(
    'DOCKERHUB_USERNAME',
    'User name for Docker Hub, or for the registry of DOCKERHUB_NAMESPACE.'
  ),
  dockerhubPassword: {
    ...optional(
      'DOCKERHUB_PASSWORD',
      'Password or access token of DOCKERHUB_USERNAME. Sent to that one registry only.'
    ),
    secret: true
  },
  dockerhubNamespace: optional(
    'DOCKERHUB_NAMESPACE',
    'Namespace for pushes that name no registry: `team` on Docker Hub, or `registry.example.com/team` elsewhere. Defaults to DOCKERHUB_USERNAME.'
  ),
  dockerTlsVerify: {
    env: 'DOCKER_TLS_VERIFY',
    default: '',
    description: 'Any value: use TLS for the engine and verify its certificate.',
    parse: (raw: string) => raw !== ''
  } satisfies Setting<boolean>
}

export type Config = { readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['parse']> }

export const SETTING_LIST: readonly Setting<unknown>[] = Object.values(SETTINGS)

/** Whether only programs on this machine reach the server, so that it may do without tokens. */
export function isPrivate({ socket, host }: Pick<Config, 'socket' | 'host'>): boolean {
  return socket !== undefined || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** As browsers write it. Every page of the world would be too many. */
function parseOrigin(text: string): string {
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol) && url.origin === text) return text
  throw new Error(`"${text}" is no origin such as https://panel.example.com`)
}
