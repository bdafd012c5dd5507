// Every error is sent as application/problem+json (RFC 9457), regardless of its origin.

import { Type } from '@sinclair/typebox'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError, ERRORS, invalidFields, unexpected, type ErrorCode } from '../errors.ts'
import { closest } from '../lib/closest.ts'
import { describeViolations } from '../lib/validator.ts'

export const Problem = Type.Object(
  {
    type: Type.String({
      description: 'Link to the explanation of the code.',
      examples: ['/docs/errors#container_not_found']
    }),
    title: Type.String({ examples: ['Container not found'] }),
    status: Type.Integer({ examples: [404] }),
    detail: Type.String({ examples: ['There is no container with the id or name "web".'] }),
    code: Type.String({
      examples: ['CONTAINER_NOT_FOUND'],
      // More may come: clients must not refuse a code that they do not know.
      'x-statuses': Object.fromEntries(Object.entries(ERRORS).map(([code, { status }]) => [code, status]))
    }),
    retryable: Type.Boolean({ description: 'Whether the same request may succeed later.' }),
    request_id: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ field: Type.String(), message: Type.String() })))
  },
  { $id: 'Problem', description: 'Problem details (RFC 9457).', additionalProperties: true }
)

const FASTIFY_CODES: Record<string, ErrorCode> = {
  FST_ERR_VALIDATION: 'INVALID_REQUEST',
  FST_ERR_CTP_INVALID_JSON_BODY: 'INVALID_REQUEST',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'INVALID_REQUEST',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INVALID_REQUEST',
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_BAD_URL: 'INVALID_REQUEST'
}

export function registerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = toAppError(error)
    if (known.code === 'INTERNAL') request.log.error({ err: error }, 'unexpected error')
    else request.log.debug({ err: error, code: known.code }, 'request refused')
    return sendProblem(request, reply, known)
  })

  const routes: { method: string; pattern: RegExp }[] = []
  const paths = new Set<string>()
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (schema?.operationId !== undefined) paths.add(url)
    const pattern = new RegExp(
      `^${url
        .replaceAll(/[.+]/g, '\\$&')
        .replaceAll(/:[a-z_]+/g, '[^/]+')
        .replaceAll('*', '.*')}/?$`
    )
    for (const name of [method].flat()) routes.push({ method: name, pattern })
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))]
    if (allowed.length === 0 || allowed.includes(request.method)) {
      const meant = closest(path, [...paths])
      const hint = meant === undefined ? '' : ` Is ${meant.replaceAll(/:(\w+)/g, '{$1}')} meant?`
      throw new AppError(
        'ROUTE_NOT_FOUND',
        `There is nothing at ${request.method} ${path}.${hint} GET /docs shows what there is.`
      )
    }
    reply.header('allow', allowed.join(', '))
    throw new AppError('METHOD_NOT_ALLOWED', `${path} takes ${allowed.join(', ')}, not ${request.method}.`)
  })
}

/** For clients of older systems, which read `message`, in addition to the common fields. */
export function answerWithMessage(app: FastifyInstance): void {
  app.setErrorHandler((error) => {
    const { code, message, fields, facts, cause } = toAppError(error)
    // The handler above writes the answer.
    throw new AppError(code, message, { ...(fields && { fields }), facts: { ...facts, message }, cause })
  })
}

/** For requests that Fastify refuses before any route or hook: a path that cannot be decoded. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
  void sendProblem(request, reply, toAppError(error))
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, error: AppError): FastifyReply {
  const { code, entry } = error
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
  if (code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer')
  return reply
    .code(entry.status)
    .type('application/problem+json')
    .serializer((body: object) => JSON.stringify(body))
    .send(problemOf(error, request.id))
}

export function problemOf({ code, entry, message, fields, facts }: AppError, requestId: string): object {
  return {
    type: `/docs/errors#${code.toLowerCase()}`,
    title: entry.title,
    status: entry.status,
    detail: message,
    code,
    retryable: entry.retryable ?? false,
    request_id: requestId,
    ...(fields && { errors: fields }),
    ...facts
  }
}

export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const { validation, validationContext, code = '', statusCode, message } = error as Partial<FastifyError>
  if (validation) {
    return invalidFields(describeViolations(validation, validationContext ?? 'body'))
  }
  const mapped = FASTIFY_CODES[code]
  if (mapped) return new AppError(mapped, explain(mapped, message), { cause: error })
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new AppError('INVALID_REQUEST', message ?? 'The request is not valid.', { cause: error })
  return unexpected(error)
}

function explain(code: ErrorCode, message: string | undefined): string {
  if (code === 'UNSUPPORTED_MEDIA_TYPE') return 'Send the body as application/json.'
  if (code === 'BODY_TOO_LARGE') return 'The body is larger than this route takes.'
  return message ?? ERRORS[code].title
}
