// Bodies are not converted, except that null means absent. Query strings are text, so numbers and booleans are
// parsed from them.

import type { TSchema } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import { MAX_VALUES } from '../lib/values.ts'
import type { Validator } from '../lib/validator.ts'

const MAX_DEPTH = 32

/** `shared` are the schemas that OpenAPI names. */
export function registerValidation(app: FastifyInstance, validator: Validator, shared: TSchema[]): void {
  for (const schema of shared) app.addSchema(schema)
  // Many clients announce JSON and send nothing, for instance to stop a container.
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (takesNoBody(request) || body === '' || body.trim() === 'null') done(null, undefined)
    else {
      const problem = problemWith(body)
      if (problem === undefined) void parseJson(request, body, done)
      else done(new AppError('INVALID_REQUEST', problem))
    }
  })
  // No other content type is read. An empty body, as from `curl -d ''`, counts as none.
  app.addContentTypeParser('*', (request, _body, done) => {
    if (takesNoBody(request) || request.headers['content-length'] === '0') done(null, undefined)
    else done(new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.'))
  })
  app.setValidatorCompiler(({ schema, httpPart }) => {
    if (httpPart === 'body') return validator.body(schema)
    // A misspelt parameter would be ignored silently. Clients may send any headers.
    return validator.coercing(
      httpPart === 'querystring' ? { ...(schema as object), additionalProperties: false } : schema
    )
  })
  app.addHook('onRoute', ({ schema }) => {
    if (schema?.operationId !== undefined) schema.querystring ??= { type: 'object', properties: {} }
  })
  // Answers are built field by field, so a compiled serializer has nothing to remove. It would cost more at the start than it
  // saves afterwards. Tests check the answers against their schemas.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
}

function takesNoBody({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.schema?.body === undefined
}

/** The depth and number of values of a body, checked before it is parsed. */
function problemWith(json: string): string | undefined {
  let depth = 0
  let values = 1
  let isInText = false
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (isInText && character === '\\') at++
    else if (character === '"') isInText = !isInText
    else if (isInText) continue
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    else if (character === ',') values++
    if (depth > MAX_DEPTH) return `The body is nested more than ${MAX_DEPTH} levels deep.`
    if (values > MAX_VALUES) return `The body has more than ${MAX_VALUES} values.`
  }
  return undefined
}
