// Errors of operations in the document: explicit statuses, which every generator of clients understands, and `default`
// for the rest.

import { AppError, type ErrorCode } from '../errors.ts'
import { problemOf } from './errors.ts'

type Refusal = { name: string; description: string; code: ErrorCode; detail: string }

const REQUEST_ID = '0b6c1c52-8f0e-4d0a-9a3c-6f4f3b1f7a10'

const REFUSALS: Record<string, Refusal> = {
  400: {
    name: 'BadRequest',
    description: 'The request is not valid; `errors` names each field.',
    code: 'INVALID_REQUEST',
    detail: 'memry is not a known field; is "memory" meant?'
  },
  401: {
    name: 'Unauthorized',
    description: 'A valid token is required.',
    code: 'UNAUTHORIZED',
    detail: 'Send Authorization: Bearer <token>.'
  },
  403: {
    name: 'Forbidden',
    description: 'The token, the policy or the rules of the server do not allow it.',
    code: 'FORBIDDEN',
    detail: 'The token ci may not do this: it needs the scope containers:write.'
  },
  404: {
    name: 'NotFound',
    description: 'It does not exist.',
    code: 'CONTAINER_NOT_FOUND',
    detail: 'There is no container with the id or name "web".'
  },
  409: {
    name: 'Conflict',
    description: 'The request conflicts with the current state.',
    code: 'CONTAINER_NAME_TAKEN',
    detail: 'Names are unique, and a container named web exists. Choose another name, or remove that one.'
  },
  413: {
    name: 'BodyTooLarge',
    description: 'The body is larger than the route allows.',
    code: 'BODY_TOO_LARGE',
    detail: 'The body is larger than this route takes.'
  },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The route does not accept this content type.',
    code: 'UNSUPPORTED_MEDIA_TYPE',
    detail: 'Send the body as application/json.'
  },
  422: {
    name: 'Unprocessable',
    description: 'The request was valid, but the operation failed.',
    code: 'CONTAINER_EXITED',
    detail: 'Container web ended with exit code 1. It wrote nothing.'
  },
  429: {
    name: 'TooManyRequests',
    description: 'The caller has exceeded a limit. Retry after `Retry-After` seconds.',
    code: 'TOO_MANY_REQUESTS',
    detail: 'More than 50 changes a second were asked for.'
  },
  502: {
    name: 'BadGateway',
    description: 'A registry or the engine refused the request or is unreachable.',
    code: 'REGISTRY_UNAVAILABLE',
    detail: 'The engine could not pull localhost:5001/shop/web:1.0: connection refused'
  },
  503: {
    name: 'Unavailable',
    description: 'The engine or the server is busy or unavailable. Retry after `Retry-After` seconds.',
    code: 'ENGINE_UNAVAILABLE',
    detail: 'The engine at unix:///var/run/docker.sock does not answer (ENOENT).'
  },
  504: {
    name: 'TimedOut',
    description: 'The operation timed out.',
    code: 'WAIT_TIMEOUT',
    detail: 'Container web did not reach "healthy" within 30 seconds; it is running, starting.'
  }
}
const OTHER: Refusal = {
  name: 'Failure',
  description: 'Any other error. See /docs/errors for its `code`.',
  code: 'ENGINE_TIMEOUT',
  detail: 'The engine did not start the container in time. It may still do so.'
}

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait before a retry.', schema: { type: 'integer' } }
}
const QUOTA = {
  'RateLimit-Policy': {
    description: 'Number of changes that a token may request, and the window in seconds.',
    schema: { type: 'string' }
  },
  RateLimit: { description: 'Number of changes left in the window.', schema: { type: 'string' } }
}
const MAY_RETRY = new Set(['429', '503'])

export type Asked = {
  isOpen: boolean
  /** Whether the operation can conflict with the current state. */
  hasConflicts: boolean
  isAboutOne: boolean
  hasBody: boolean
  makesContainers: boolean
  asksRegistry: boolean
}

/** `components.responses`. */
export function refusalComponents(): Record<string, object> {
  const all = [...Object.entries(REFUSALS), ['default', OTHER] as const]
  return Object.fromEntries(all.map(([status, refusal]) => [refusal.name, componentOf(refusal, headersOf(status))]))
}

/** The statuses with which an operation may fail. Pure. */
export function refusalsOf({
  isOpen,
  hasConflicts,
  isAboutOne,
  hasBody,
  makesContainers,
  asksRegistry
}: Asked): Record<string, object> {
  const statuses = [
    '400',
    ...(isOpen ? [] : ['401', '403']),
    ...(isAboutOne ? ['404'] : []),
    ...(hasConflicts ? ['409'] : []),
    ...(hasBody ? ['413', '415'] : []),
    ...(makesContainers ? ['422'] : []),
    ...(isOpen ? [] : ['429']),
    ...(asksRegistry ? ['502'] : []),
    ...(isOpen ? [] : ['503']),
    ...(makesContainers ? ['504'] : [])
  ]
  const named = statuses.map((status) => [status, refTo(REFUSALS[status] ?? OTHER)])
  return { ...Object.fromEntries(named), default: refTo(OTHER) }
}

const refTo = ({ name }: Refusal) => ({ $ref: `#/components/responses/${name}` })

function headersOf(status: string): object {
  return { ...(MAY_RETRY.has(status) && RETRY_AFTER), ...(status === '429' && QUOTA) }
}

function componentOf({ description, code, detail }: Refusal, headers: object): object {
  const example = problemOf(new AppError(code, detail), REQUEST_ID)
  return {
    description,
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, example } }
  }
}
