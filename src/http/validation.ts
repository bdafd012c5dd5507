// Bodies are taken as they are: a number in quotes or a misspelt field is an error, not a guess. Query strings are text, so
// there numbers and booleans are read out of it.

import type { TSchema } from '@sinclair/typebox'
import addFormats from 'ajv-formats'
import { Ajv2020, type Options, type ValidateFunction } from 'ajv/dist/2020.js'
import type { FastifyInstance } from 'fastify'

const OPTIONS: Options = {
  removeAdditional: false,
  useDefaults: true,
  allErrors: true,
  strict: false,
  // Our own schemas need no checking against JSON Schema at every start; the tests compile them all.
  meta: false,
  validateSchema: false
}

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
    compileLater(httpPart === 'body' ? strict : coercing, schema as object)
  )
  // Answers are built field by field, so there is nothing for a compiled serializer to leave out; it would cost more at the
  // start than it saves afterwards. Tests hold the answers to their schemas.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
}

/** Compiling every schema would take most of the start; each is compiled when it is first needed. */
function compileLater(ajv: Ajv2020, schema: object) {
  let compiled: ValidateFunction | undefined
  const validate = (data: unknown): boolean => {
    compiled ??= ajv.compile(schema)
    const isValid = compiled(data)
    validate.errors = compiled.errors ?? null
    return isValid
  }
  validate.errors = null as NonNullable<ValidateFunction['errors']> | null
  return validate
}
