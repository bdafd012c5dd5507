// Bodies are taken as they are: a number in quotes or a misspelt field is an error, not a guess. Query strings are text, so
// there numbers and booleans are read out of it.

import type { TSchema } from '@sinclair/typebox'
import addFormats from 'ajv-formats'
import { Ajv2020, type Options } from 'ajv/dist/2020.js'
import type { FastifyInstance } from 'fastify'

const OPTIONS: Options = { removeAdditional: false, useDefaults: true, allErrors: true, strict: false }

/** `shared` are the schemas that others refer to by their $id. */
export function registerValidation(app: FastifyInstance, shared: TSchema[]): void {
  const strict = new Ajv2020({ ...OPTIONS, schemas: shared })
  const coercing = new Ajv2020({ ...OPTIONS, schemas: shared, coerceTypes: 'array' })
  for (const ajv of [strict, coercing]) addFormats.default(ajv)
  for (const schema of shared) app.addSchema(schema)
  // Many clients announce JSON and send nothing, for instance to stop a container.
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parseJson(request, body, done)
  })
  app.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? strict : coercing).compile(schema as object)
  )
}
