// The error catalogue: every code that a client can get, once. `docs/errors.md` explains each; a test keeps both in sync.

type ErrorEntry = { status: number; title: string; retryable?: true; retryAfterSeconds?: number }

export const ERRORS = {
  INVALID_REQUEST: { status: 400, title: 'The request is not valid' },
  INVALID_CONTEXT: { status: 400, title: 'The Dockerfile or build context is not valid' },
  INVALID_ARCHIVE: { status: 400, title: 'The archive is not valid' },
  UNAUTHORIZED: { status: 401, title: 'A valid token is required' },
  FORBIDDEN: { status: 403, title: 'The token does not allow this' },
  POLICY_REFUSED: { status: 403, title: "The server's policy does not allow this" },
  CROSS_ORIGIN_REFUSED: { status: 403, title: 'Cross-origin changes are refused' },
  CONTAINER_NOT_MANAGED: { status: 403, title: 'Berth did not make this container' },
  CONTAINER_IS_BERTH: { status: 403, title: 'This container is Berth itself' },
  NETWORK_NOT_MANAGED: { status: 403, title: 'Berth did not make this network' },
  VOLUME_NOT_MANAGED: { status: 403, title: 'Berth did not make this volume' },
  EXEC_DISABLED: { status: 403, title: 'Running commands in containers is disabled' },
  FILE_OUTSIDE: { status: 403, title: "The path is not of the container's own file system" },
  FILE_READ_ONLY: { status: 403, title: 'The file system is read-only' },
  ROUTE_NOT_FOUND: { status: 404, title: 'Route not found' },
  TOKEN_NOT_FOUND: { status: 404, title: 'Token not found' },
  CONTAINER_NOT_FOUND: { status: 404, title: 'Container not found' },
  IMAGE_NOT_FOUND: { status: 404, title: 'Image not found' },
  NETWORK_NOT_FOUND: { status: 404, title: 'Network not found' },
  VOLUME_NOT_FOUND: { status: 404, title: 'Volume not found' },
  TERMINAL_NOT_FOUND: { status: 404, title: 'Terminal session not found' },
  BUILD_NOT_FOUND: { status: 404, title: 'Build not found' },
  NODE_NOT_FOUND: { status: 404, title: 'Node not found' },
  FILE_NOT_FOUND: { status: 404, title: 'There is no such path in the container' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The route does not support this method' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request took too long to arrive', retryable: true },
  TOKEN_NAME_TAKEN: { status: 409, title: 'A token has this name' },
  ADMIN_TOKEN_NEEDED: { status: 409, title: 'A token with the scope admin is required' },
  CONTAINER_AMBIGUOUS: { status: 409, title: 'Several containers match this id' },
  CONTAINER_NAME_TAKEN: { status: 409, title: 'A container has this name' },
  CONTAINER_RUNNING: { status: 409, title: 'The container is running' },
  CONTAINER_NOT_RUNNING: { status: 409, title: 'The container is not running' },
  CONTAINER_OF_ANOTHER_SERVER: { status: 409, title: 'Another server manages this container' },
  CONTAINER_BUSY: { status: 409, title: 'The container is busy with another change', retryable: true },
  PORT_RANGE_EXHAUSTED: {
    status: 409,
    title: 'No free port is left in the range',
    retryable: true,
    retryAfterSeconds: 5
  },
  PORT_UNAVAILABLE: { status: 409, title: 'The port is not available', retryable: true, retryAfterSeconds: 5 },
  NODE_UNSUITABLE: {
    status: 409,
    title: 'No node can run the container',
    retryable: true,
    retryAfterSeconds: 5
  },
  SWARM_NEEDED: { status: 409, title: 'This needs a Docker Swarm' },
  IMAGE_IN_USE: { status: 409, title: 'The image is in use' },
  NETWORK_NAME_TAKEN: { status: 409, title: 'A network has this name' },
  NETWORK_IN_USE: { status: 409, title: 'The network is in use' },
  NETWORK_RANGE_EXHAUSTED: { status: 409, title: 'The engine has no addresses left for another network' },
  VOLUME_NAME_TAKEN: { status: 409, title: 'A volume has this name' },
  VOLUME_IN_USE: { status: 409, title: 'The volume is in use' },
  BUILD_RUNNING: { status: 409, title: 'The build is still running' },
  BUILD_FINISHED: { status: 409, title: 'The build has finished' },
  BUILD_NOT_FAILED: { status: 409, title: 'No stage of the build has failed' },
  TERMINAL_TAKEN_OVER: { status: 409, title: 'Another connection took the terminal session over' },
  FILE_KIND_DIFFERS: { status: 409, title: 'The path is of another kind' },
  FILE_IN_USE: { status: 409, title: 'Something is mounted there' },
  OUTPUT_GONE: { status: 410, title: 'The output of the container is gone' },
  LENGTH_REQUIRED: { status: 411, title: 'The length of the body is needed' },
  FILE_TOO_LARGE: { status: 413, title: 'The files are larger than allowed' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The content type is not supported' },
  RANGE_NOT_SATISFIABLE: { status: 416, title: 'The file does not have this range' },
  HOST_NOT_ALLOWED: { status: 421, title: 'The server does not answer under this host name' },
  UPGRADE_NEEDED: { status: 426, title: 'The route speaks WebSocket' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The idempotency key belongs to another request' },
  CONTAINER_START_FAILED: { status: 422, title: 'The container could not be started' },
  COMMAND_NOT_STARTED: { status: 422, title: 'The container cannot run the command' },
  RUNTIME_UNAVAILABLE: { status: 422, title: 'The engine does not have this runtime' },
  LIMIT_UNAVAILABLE: { status: 422, title: 'The engine cannot set this limit' },
  CONTAINER_EXITED: { status: 422, title: 'The container exited before it was ready' },
  CONTAINER_UNHEALTHY: { status: 422, title: "The container's health check fails" },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests', retryable: true, retryAfterSeconds: 1 },
  HEADERS_TOO_LARGE: { status: 431, title: 'The headers are too large' },
  BUILD_FAILED: { status: 422, title: 'The image could not be built' },
  REQUEST_CANCELLED: { status: 499, title: 'The client went away' },
  INTERNAL: { status: 500, title: 'Something went wrong inside Berth' },
  ENGINE_FAILED: { status: 502, title: 'The engine answered with an error' },
  ENGINE_ANSWER_INVALID: {
    status: 502,
    title: "The engine's answer is not valid",
    retryable: true,
    retryAfterSeconds: 5
  },
  POLICY_NOT_APPLIED: { status: 502, title: 'The engine did not apply the limits' },
  CONTAINER_STUCK: { status: 502, title: 'The engine can no longer start the container' },
  ENGINE_UNSUPPORTED: { status: 502, title: 'The engine does not support this' },
  NODE_OUT_OF_REACH: { status: 502, title: 'The node of the container is out of reach' },
  PUBLISH_ADDRESS_UNAVAILABLE: { status: 502, title: 'Ports cannot be published on the configured address' },
  REGISTRY_UNAUTHORIZED: { status: 502, title: 'The registry did not accept the login' },
  REGISTRY_FORBIDDEN: { status: 502, title: 'The registry does not allow it' },
  REGISTRY_NOT_FOUND: { status: 502, title: 'The registry does not know the repository' },
  REGISTRY_NOT_TRUSTED: { status: 502, title: 'The registry cannot be trusted' },
  REGISTRY_PLAIN_HTTP: { status: 502, title: 'The registry does not speak TLS' },
  REGISTRY_REFUSED: { status: 502, title: 'The registry refused' },
  REGISTRY_UNAVAILABLE: { status: 502, title: 'The registry cannot be reached', retryable: true },
  REGISTRY_RATE_LIMITED: {
    status: 503,
    title: 'The registry limits the rate of requests',
    retryable: true,
    retryAfterSeconds: 60
  },
  STATS_UNAVAILABLE: {
    status: 503,
    title: 'The container has no statistics yet',
    retryable: true,
    retryAfterSeconds: 2
  },
  ENGINE_UNAVAILABLE: {
    status: 503,
    title: 'The Docker engine does not answer',
    retryable: true,
    retryAfterSeconds: 5
  },
  ISOLATION_UNAVAILABLE: {
    status: 503,
    title: 'The server cannot isolate owners now',
    retryable: true,
    retryAfterSeconds: 10
  },
  SWARM_UNAVAILABLE: {
    status: 503,
    title: 'The Swarm cannot answer now',
    retryable: true,
    retryAfterSeconds: 5
  },
  ENGINE_BUSY: {
    status: 503,
    title: 'Too many changes are waiting for the engine',
    retryable: true,
    retryAfterSeconds: 2
  },
  STORE_UNAVAILABLE: {
    status: 503,
    title: 'The database does not answer',
    retryable: true,
    retryAfterSeconds: 5
  },
  SERVER_BUSY: { status: 503, title: 'The server is busy', retryable: true, retryAfterSeconds: 5 },
  BUILD_QUEUE_FULL: { status: 503, title: 'Too many builds are waiting', retryable: true, retryAfterSeconds: 30 },
  SERVER_STOPPING: { status: 503, title: 'The server is stopping', retryable: true, retryAfterSeconds: 5 },
  ENGINE_TIMEOUT: { status: 504, title: 'The engine took too long', retryable: true, retryAfterSeconds: 5 },
  REGISTRY_TIMEOUT: { status: 504, title: 'The registry took too long', retryable: true, retryAfterSeconds: 30 },
  WAIT_TIMEOUT: { status: 504, title: 'The container was not ready in time', retryable: true },
  BUILD_TIMEOUT: { status: 504, title: 'The build took too long' },
  EXEC_TIMEOUT: { status: 504, title: 'The command took too long' },
  AUDIT_FAILED: { status: 507, title: 'The audit trail cannot be written', retryable: true, retryAfterSeconds: 60 },
  STORAGE_FULL: { status: 507, title: 'A disk is full', retryable: true, retryAfterSeconds: 60 }
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** A field of the request and its fault. */
export type FieldProblem = { field: string; message: string }

export type ErrorContext = {
  fields?: FieldProblem[]
  /** Facts that a program can use, such as counts of ports or an exit code. */
  facts?: Record<string, unknown>
  /** Overrides the catalogue if the delay is known. */
  retryAfterSeconds?: number
  cause?: unknown
}

export class AppError extends Error {
  readonly code: ErrorCode
  readonly fields: FieldProblem[] | undefined
  readonly facts: Record<string, unknown> | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, detail: string, context: ErrorContext = {}) {
    super(detail, { cause: context.cause })
    this.code = code
    this.fields = context.fields
    this.facts = context.facts
    this.retryAfterSeconds = context.retryAfterSeconds ?? this.entry.retryAfterSeconds
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code]
  }
}

export function isAppError(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code))
}

/** The reason of an aborted signal, for the answer. */
export function cancellation(signal: AbortSignal): AppError {
  const { reason } = signal
  return reason instanceof AppError ? reason : new AppError('REQUEST_CANCELLED', 'The request was cancelled.')
}

const FULL = new Set(['ENOSPC', 'EDQUOT'])
const SQLITE_FULL = 13

/** Whether a write to a file or the database failed because the disk is full. */
export function isDiskFull(error: unknown): boolean {
  const { code = '', errcode } = (error ?? {}) as { code?: string; errcode?: number }
  return FULL.has(code) || errcode === SQLITE_FULL
}

/** Unexpected faults of Berth, reported without details. A full disk can happen at any time. */
export function unexpected(cause: unknown): AppError {
  if (isDiskFull(cause)) return new AppError('STORAGE_FULL', 'The disk of the data folder is full.', { cause })
  return new AppError(
    'INTERNAL',
    'An unexpected error occurred. The log of the server has the details under this request_id.',
    {
      cause
    }
  )
}

/** A request that does not match its schema. */
export function invalidFields(fields: FieldProblem[]): AppError {
  return new AppError('INVALID_REQUEST', fields.map(({ field, message }) => `${field} ${message}`).join('; '), {
    fields
  })
}

/** The usual refusal of a single field. */
export function invalidField(field: string, message: string): AppError {
  return new AppError('INVALID_REQUEST', `${field} ${message}`, { fields: [{ field, message }] })
}
