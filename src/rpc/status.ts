// Errors of the catalogue in the form of gRPC: a status, a sentence, and details for programs.

import { Code, ConnectError } from '@connectrpc/connect'
import type { AppError, ErrorCode } from '../errors.ts'
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema
} from './gen/google/rpc/error_details_pb.ts'

const DOMAIN = 'berth'
// All of it is in the trailers, in base64 and percent-encoded, and common clients accept 8 KiB of those.
const MESSAGE_BYTES = 1_000
const FIELDS_BYTES = 800
const FACTS_BYTES = 1_200
const DEFAULT_RETRY_SECONDS = 1

const BY_STATUS: Record<number, Code> = {
  400: Code.InvalidArgument,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.NotFound,
  405: Code.Unimplemented,
  408: Code.DeadlineExceeded,
  409: Code.FailedPrecondition,
  410: Code.FailedPrecondition,
  411: Code.InvalidArgument,
  413: Code.ResourceExhausted,
  415: Code.InvalidArgument,
  416: Code.OutOfRange,
  421: Code.PermissionDenied,
  426: Code.Unimplemented,
  422: Code.FailedPrecondition,
  429: Code.ResourceExhausted,
  431: Code.ResourceExhausted,
  499: Code.Canceled,
  500: Code.Internal,
  502: Code.Unknown,
  503: Code.Unavailable,
  504: Code.DeadlineExceeded,
  507: Code.ResourceExhausted
}

/** The codes for which gRPC has a better status than HTTP. */
const BY_CODE: Partial<Record<ErrorCode, Code>> = {
  CONTAINER_NAME_TAKEN: Code.AlreadyExists,
  CONTAINER_BUSY: Code.Aborted,
  PORT_RANGE_EXHAUSTED: Code.ResourceExhausted,
  REGISTRY_UNAVAILABLE: Code.Unavailable,
  REGISTRY_UNAUTHORIZED: Code.FailedPrecondition,
  REGISTRY_FORBIDDEN: Code.FailedPrecondition,
  REGISTRY_NOT_TRUSTED: Code.FailedPrecondition,
  REGISTRY_PLAIN_HTTP: Code.FailedPrecondition,
  TERMINAL_TAKEN_OVER: Code.Aborted,
  COMMAND_NOT_STARTED: Code.FailedPrecondition,
  RUNTIME_UNAVAILABLE: Code.FailedPrecondition,
  LIMIT_UNAVAILABLE: Code.FailedPrecondition,
  REGISTRY_REFUSED: Code.FailedPrecondition,
  REGISTRY_NOT_FOUND: Code.NotFound,
  TOKEN_NAME_TAKEN: Code.AlreadyExists,
  NETWORK_NAME_TAKEN: Code.AlreadyExists,
  VOLUME_NAME_TAKEN: Code.AlreadyExists,
  NETWORK_RANGE_EXHAUSTED: Code.ResourceExhausted
}

function grpcCode({ code, entry }: Pick<AppError, 'code' | 'entry'>): Code {
  return BY_CODE[code] ?? BY_STATUS[entry.status] ?? Code.Unknown
}

export function toStatus(error: AppError, requestId: string, code = grpcCode(error)): ConnectError {
  const { entry, fields, facts, retryAfterSeconds } = error
  const message = shortened(`${entry.title}: ${error.message}`, MESSAGE_BYTES)
  return new ConnectError(message, code, undefined, [
    {
      desc: ErrorInfoSchema,
      value: { reason: error.code, domain: DOMAIN, metadata: { title: entry.title, ...texts(facts) } }
    },
    { desc: RequestInfoSchema, value: { requestId } },
    ...(fields ? [{ desc: BadRequestSchema, value: { fieldViolations: fieldViolations(fields) } }] : []),
    ...(entry.retryable
      ? [
          {
            desc: RetryInfoSchema,
            value: { retryDelay: { seconds: BigInt(retryAfterSeconds ?? DEFAULT_RETRY_SECONDS), nanos: 0 } }
          }
        ]
      : [])
  ])
}

function fieldViolations(fields: NonNullable<AppError['fields']>): { field: string; description: string }[] {
  let room = FIELDS_BYTES
  const kept = []
  for (const { field, message } of fields) {
    room -= Buffer.byteLength(field) + Buffer.byteLength(message)
    if (room < 0) break
    kept.push({ field, description: message })
  }
  return kept
}

function texts(facts: Record<string, unknown> = {}): Record<string, string> {
  const known = Object.entries(facts).filter(([, fact]) => fact !== null && fact !== undefined)
  const each = Math.floor(FACTS_BYTES / Math.max(1, known.length))
  return Object.fromEntries(
    known.map(([name, fact]) => [name, shortened(typeof fact === 'string' ? fact : JSON.stringify(fact), each)])
  )
}

/** Keeps the beginning and the end: in the output of a workload the end matters most. */
function shortened(text: string, bytes: number): string {
  const all = Buffer.from(text)
  if (all.length <= bytes) return text
  const half = Math.floor((bytes - 5) / 2)
  return `${all.subarray(0, half).toString()} ... ${all.subarray(-half).toString()}`.replaceAll('\uFFFD', '')
}
