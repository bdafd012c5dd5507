// Validates JSON against a schema, and describes the errors.

import type { TSchema } from '@sinclair/typebox'
import addFormats from 'ajv-formats'
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js'

import { dropNulls } from './absent-nulls.ts'
import { closest } from './closest.ts'
import { inWords } from './violation-words.ts'

const OPTIONS: Options = {
  removeAdditional: false,
  useDefaults: true,
  allErrors: true,
  // So that a violation includes the schema, and with it the existing fields (`withoutData`).
  verbose: true,
  strict: false,
  // Our own schemas need no check against JSON Schema at every start; the tests compile them all.
  meta: false,
  validateSchema: false
}

export type Validator = ReturnType<typeof createValidator>
export type Violation = {
  keyword: string
  instancePath: string
  params: Record<string, unknown>
  message?: string | undefined
  schemaPath?: string
}

type Problem = { field: string; message: string }

const WITH_RULES = new Set(['pattern', 'propertyNames', 'maxLength', 'minLength'])
const FORMATS: Record<string, string> = {
  uuid: 'must be a UUID, such as c5b0844f-c8ae-43d2-9c02-6d80e0e8f021',
  'date-time': 'must be a time, such as 2026-01-31T12:00:00Z'
}
const MOST_PROBLEMS = 20
const LONGEST_FIELD = 100

/** `shared` are the schemas that others refer to by their $id. */
export function createValidator(shared: TSchema[]) {
  // No defaults are filled in: the feature decides about absent fields.
  const strict = new Ajv2020({ ...OPTIONS, useDefaults: false, schemas: shared })
  const coercing = new Ajv2020({ ...OPTIONS, schemas: shared, coerceTypes: 'array' })
  const typed = new Ajv2020({ ...OPTIONS, useDefaults: false, schemas: shared, coerceTypes: true })
  for (const ajv of [strict, coercing, typed]) addFormats.default(ajv)

  return {
    /** For JSON: a quoted number or a misspelt field is an error. */
    strict: (schema: object) => compileLater(strict, schema),
    /** For the body of a request: strict, and a null that the schema does not allow counts as an absent field. */
    body: (schema: object) => nullIsAbsent(compileLater(strict, schema)),
    /** For text input: numbers and booleans are parsed from it. */
    coercing: (schema: object) => compileLater(coercing, schema),
    /** For JSON from protobuf messages, where 64-bit integers are text. */
    typed: (schema: object) => compileLater(typed, schema)
  }
}

type Validate = ReturnType<typeof compileLater>

function nullIsAbsent(checked: Validate): Validate {
  const validate = (data: unknown): boolean => {
    let isValid = checked(data)
    // A choice between shapes may report its own nulls only after the others are removed.
    while (!isValid && dropNulls(data, checked.errors ?? [])) isValid = checked(data)
    validate.errors = checked.errors
    return isValid
  }
  validate.errors = null as Validate['errors']
  return validate
}

/** Each schema is compiled at its first use, since compiling all would take most of the start. */
function compileLater(ajv: Ajv2020, schema: object) {
  let compiled: ValidateFunction | undefined
  const validate = (data: unknown): boolean => {
    compiled ??= ajv.compile(schema)
    const isValid = compiled(data)
    validate.errors = compiled.errors?.map(withoutData) ?? null
    return isValid
  }
  validate.errors = null as NonNullable<ValidateFunction['errors']> | null
  return validate
}

/** Violations are logged, and the sent values may be secret. */
function withoutData({ keyword, instancePath, schemaPath, params, message, parentSchema }: ErrorObject): ErrorObject {
  const known = keyword === 'additionalProperties' && { known: Object.keys(parentSchema?.properties ?? {}) }
  const rule: unknown = (keyword === 'propertyNames' ? parentSchema?.propertyNames : parentSchema)?.['x-rule']
  const written = keyword === 'anyOf' && parentSchema?.['x-written'] === true && { written: true }
  const examples = (keyword === 'type' || written) && { examples: parentSchema?.examples as unknown }
  const said = typeof rule === 'string' && WITH_RULES.has(keyword) ? rule : message
  return {
    keyword,
    instancePath,
    schemaPath,
    params: { ...params, ...known, ...written, ...examples },
    ...(said && { message: said })
  }
}

/** The invalid fields, and the fault of each. `whole` names a fault without a field, and is `querystring` for parameters. */
export function describeViolations(violations: Violation[], whole: string): Problem[] {
  // The fault of a property name is reported twice, the second time with the name.
  const told = withoutWritten(violations).filter(({ schemaPath }) => !schemaPath?.includes('/propertyNames/'))
  const problems = told.slice(0, MOST_PROBLEMS).map((violation) => describe(violation, whole))
  const more = told.length - problems.length
  return more > 0 ? [...problems, { field: whole, message: `has ${more} more problems` }] : problems
}

/** For a value with human forms, the error describes the exact form, and the examples cover all forms. */
function withoutWritten(violations: Violation[]): Violation[] {
  const choices = violations
    .filter(({ params }) => params.written === true)
    .map(({ schemaPath, params: { examples } }) => ({ path: `${schemaPath}`, examples }))
  return violations
    .filter(({ schemaPath = '' }) => {
      const choice = choices.find(({ path }) => schemaPath.startsWith(path))
      return choice === undefined || schemaPath.startsWith(`${choice.path}/0/`)
    })
    .map((violation) => {
      const choice = choices.find(({ path }) => violation.schemaPath === `${path}/0/type`)
      return choice ? { ...violation, params: { ...violation.params, examples: choice.examples } } : violation
    })
}

function describe({ keyword, instancePath, params, message }: Violation, whole: string): Problem {
  const path = shortened(instancePath.slice(1).replaceAll('/', '.'))
  const below = (name: unknown) => (path ? `${path}.${shortened(String(name))}` : shortened(String(name)))
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty)
    const meant = closest(name, params.known as string[])
    const kind = whole === 'querystring' ? 'query parameter' : 'field'
    return { field: below(name), message: `is not a known ${kind}${meant ? `; is "${meant}" meant?` : ''}` }
  }
  if (keyword === 'required') return { field: below(params.missingProperty), message: 'is missing' }
  if (keyword === 'propertyNames')
    return { field: below(params.propertyName), message: message ?? 'is not a valid name' }
  if (keyword === 'format') return { field: path || whole, message: FORMATS[String(params.format)] ?? message ?? '' }
  if (keyword === 'enum' && Array.isArray(params.allowedValues))
    return { field: path || whole, message: `must be one of ${params.allowedValues.join(', ')}` }
  return { field: path || whole, message: inWords(keyword, params) ?? message ?? 'is not valid' }
}

/** The name of an unknown field comes from the client and is repeated in an answer. */
function shortened(name: string): string {
  return name.length > LONGEST_FIELD ? `${name.slice(0, LONGEST_FIELD)}…` : name
}
