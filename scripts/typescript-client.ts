// src/client/api.ts: the types and the table of calls for the TypeScript client, the command line and the dashboard, generated
// from the OpenAPI document. Code that drifts from the API does not compile.

type Schema = {
  $ref?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  allOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  'x-events'?: Record<string, Schema>
  'x-statuses'?: Record<string, number>
}
type Parameter = { name: string; in: string; required?: boolean; schema?: Schema }
type Operation = {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Record<string, { schema?: Schema }> }
  responses: Record<string, { content?: Record<string, { schema?: Schema }> }>
}
export type ApiDocument = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const HEAD = `// Made of docs/openapi.json by scripts/typescript-client.ts (npm run docs). Not to be edited.
/* eslint-disable */
`

export function clientOf({ paths, components }: ApiDocument): string {
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema)}\n`
  )
  // New clients do not get the calls of older systems.
  const operations = Object.entries(paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
    .filter(({ operation }) => !operation.operationId.startsWith('compat'))
  const calls = operations.map(({ operation }) => `  ${operation.operationId}: ${callOf(operation)}\n`)
  const table = operations.map(
    ({ operation, method, path }) => `  ${operation.operationId}: '${method.toUpperCase()} ${path}'`
  )
  const streams = operations.flatMap(({ operation }) => streamOf(operation) ?? [])
  const codes = Object.entries(components.schemas.Problem?.properties?.code?.['x-statuses'] ?? {})
  return [
    HEAD,
    ...schemas,
    `/** Every code of a refusal that this version of the API knows. */\nexport type ErrorCode =\n${codes.map(([code]) => `  | '${code}'`).join('\n')}\n`,
    `/** The HTTP status of each: a stream that fails says only the code. */\nexport const STATUSES: Record<ErrorCode, number> = {\n${codes.map(([code, status]) => `  ${code}: ${status}`).join(',\n')}\n}\n`,
    `export interface Calls {\n${calls.join('')}}\n`,
    `/** The data of each event of a stream. */\nexport interface Streams {\n${streams.join('')}}\n`,
    `export const CALLS: Record<keyof Calls, string> = {\n${table.join(',\n')}\n}\n`
  ].join('\n')
}

/** The parameters of a call besides headers, as one object, and its answer. */
function callOf({ parameters = [], requestBody, responses }: Operation): string {
  const given = parameters
    .filter((parameter) => parameter.in !== 'header')
    .map(({ name, required, schema = {} }) => `${key(name)}${required ? '' : '?'}: ${typeOf(schema)}`)
  const body = requestBody?.content['application/json']?.schema
  if (body) given.push(`body${requestBody?.required ? '' : '?'}: ${typeOf(body)}`)
  const form = requestBody?.content['multipart/form-data']?.schema
  if (form) given.push(`form: ${typeOf(form)}`)
  const [, good] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? []
  const answer = good?.content?.['application/json']?.schema
  return `{ given: { ${given.join('; ')} }; answer: ${answer ? typeOf(answer) : 'string'} }`
}

function streamOf({ operationId, responses }: Operation): string | undefined {
  const events = responses['200']?.content?.['text/event-stream']?.schema?.['x-events']
  if (!events) return undefined
  // A star is any name, as for events whose name is their type.
  const fields = Object.entries(events).map(
    ([name, schema]) => `${name === '*' ? '[name: string]' : key(name)}: ${typeOf(schema)}`
  )
  return `  ${operationId}: { ${fields.join('; ')} }\n`
}

function typeOf(schema: Schema): string {
  const { $ref, enum: values, anyOf, allOf, type, format } = schema
  if (format === 'binary') return 'Blob | AsyncIterable<Uint8Array>'
  if ($ref !== undefined) return $ref.split('/').at(-1) ?? 'unknown'
  if ('const' in schema) return JSON.stringify(schema.const)
  if (values) return values.map((value) => JSON.stringify(value)).join(' | ')
  if (anyOf) return anyOf.map((each) => `(${typeOf(each)})`).join(' | ')
  if (allOf) return allOf.map((each) => `(${typeOf(each)})`).join(' & ')
  if (Array.isArray(type)) return type.map((each) => typeOf({ ...schema, type: each })).join(' | ')
  if (type === 'null') return 'null'
  if (type === 'array') return `(${typeOf(schema.items ?? {})})[]`
  if (type === 'object' || schema.properties) return objectOf(schema)
  if (type === 'integer' || type === 'number') return 'number'
  return type ?? 'unknown'
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema): string {
  const fields = Object.entries(properties).map(
    ([name, schema]) => `${key(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)}`
  )
  const known = `{ ${fields.join('; ')} }`
  if (additionalProperties === true) return `${known} & { [field: string]: unknown }`
  if (typeof additionalProperties !== 'object') return fields.length > 0 ? known : '{ [field: string]: unknown }'
  const rest = `{ [name: string]: ${typeOf(additionalProperties)} }`
  return fields.length > 0 ? `${known} & ${rest}` : rest
}

function key(name: string): string {
  return /^[a-zA-Z_]\w*$/.test(name) ? name : `'${name}'`
}
