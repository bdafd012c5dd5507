// Addresses, access, limits per caller, data and logs of the server.

import { flag, integer, list, number, oneOf, optional, portOrOff, text } from '../lib/settings.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export const SERVER_SETTINGS = {
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
  dataDir: text('BERTH_DATA_DIR', 'data', 'Data folder: a small SQLite database, build contexts and build logs.'),
  databaseUrl: {
    ...optional(
      'BERTH_DATABASE_URL',
      'PostgreSQL database that several servers may share, instead of SQLite in the data folder: postgresql://user:password@host/name. See docs/postgresql.md.'
    ),
    secret: true,
    parse: (raw: string) => {
      if (raw !== '' && !(/^postgres(ql)?:/.test(raw) && URL.canParse(raw)))
        throw new Error('must be a URL such as postgresql://berth:password@db.example.com/berth')
      return raw || undefined
    }
  },
  logLevel: oneOf('LOG_LEVEL', 'info', LOG_LEVELS, 'Log level: fatal, error, warn, info, debug, trace or silent.'),
  logFormat: oneOf(
    'BERTH_LOG_FORMAT',
    'auto',
    ['auto', 'json', 'pretty'],
    'Log format. `auto` is pretty on a terminal and JSON elsewhere.'
  )
}

/** As browsers write it. A wildcard would admit every page. */
function parseOrigin(text: string): string {
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol) && url.origin === text) return text
  throw new Error(`"${text}" is no origin such as https://panel.example.com`)
}
