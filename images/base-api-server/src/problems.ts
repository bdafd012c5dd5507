// Errors as Berth has them: problem details that say what was wrong and where to look.

import type { FastifyError, FastifyInstance } from 'fastify'
import { STATUS_CODES } from 'node:http'

type Violation = NonNullable<FastifyError['validation']>[number]

const TYPE = 'application/problem+json'
const CODES: Record<number, string> = {
  400: 'INVALID_REQUEST',
  404: 'ROUTE_NOT_FOUND',
  409: 'TOO_MANY_LOADS',
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE'
}
const LIMITS: Record<string, (limit: unknown) => string> = {
  minimum: (limit) => `must be ${limit} or more`,
  maximum: (limit) => `must be ${limit} or less`
}

export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error.statusCode !== undefined && error.statusCode >= 400 ? error.statusCode : 500
    if (status >= 500) request.log.error({ err: error }, 'request failed')
    const route = `${request.method} ${request.routeOptions.url ?? request.url}`
    const hint = status === 409 ? 'DELETE /load ends all loads.' : `GET /openapi.json and /docs describe ${route}.`
    return reply
      .code(status)
      .type(TYPE)
      .send(problem(status, detailOf(error, status), hint))
  })
  app.setNotFoundHandler((request, reply) => {
    const detail = `There is no route ${request.method} ${request.url.split('?')[0]}.`
    return reply
      .code(404)
      .type(TYPE)
      .send(problem(404, detail, 'GET / lists every route.'))
  })
}

function problem(status: number, detail: string, hint: string): object {
  return { type: 'about:blank', title: STATUS_CODES[status], status, detail, code: CODES[status] ?? 'UNEXPECTED', hint }
}

function detailOf({ validation, validationContext, message }: FastifyError, status: number): string {
  if (validation) return `${validation.map((each) => inWords(each, validationContext === 'querystring')).join('; ')}.`
  return status >= 500 ? 'Something unexpected happened. The log of the container has it.' : message
}

function inWords({ keyword, instancePath, params, message }: Violation, isQuery: boolean): string {
  if (keyword === 'additionalProperties')
    return `${String(params.additionalProperty)} is not a known ${isQuery ? 'query parameter' : 'field'}`
  if (keyword === 'required') return `${String(params.missingProperty)} is missing`
  const said = LIMITS[keyword]?.(params.limit) ?? (params.type === 'integer' ? 'must be a whole number' : message)
  return `${instancePath.slice(1).replaceAll('/', '.') || 'The body'} ${said}`
}
