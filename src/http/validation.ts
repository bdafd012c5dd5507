// Bodies are taken as they are; in query strings, which are text, numbers and booleans are read out of it.

import type { TSchema } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { Validator } from '../lib/validator.ts'

/** `shared` are the schemas that OpenAPI names. */
export function registerValidation(app: FastifyInstance, validator: Validator, shared: TSchema[]): void {
  for (const schema of shared) app.addSchema(schema)
  // Many clients announce JSON and send nothing, for instance to stop a container.
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parseJson(request, body, done)
  })
  app.setValidatorCompiler(({ schema, httpPart }) =>
    httpPart === 'body' ? validator.strict(schema as object) : validator.coercing(schema as object)
  )
  // Answers are built field by field, so there is nothing for a compiled serializer to leave out; it would cost more at the
  // start than it saves afterwards. Tests hold the answers to their schemas.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
}
