// The dashboard's types and table of calls, written out of the OpenAPI document: a page that drifts from the API does not
// compile.

type Schema = {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  allOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
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

const HEAD = `// Made of docs/openapi.json by scripts/dashboard-client.ts (npm run docs). Not to be edited.
/* eslint-disable */
`

export function clientOf({ paths, components }: ApiDocument): string {
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema)}\n`
  )
  // Those of older systems are not for new clients.
  const operations = Object.entries(paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
    .filter(({ operation }) => !operation.operationId.startsWith('compat'))
  const calls = operations.map(({ operation }) => `  ${operation.operationId}: ${callOf(operation)}\n`)
  const table = operations.map(
    ({ operation, method, path }) => `  ${operation.operationId}: '${method.toUpperCase()} ${path}'`
  )
  return [
    HEAD,
    ...schemas,
    `export interface Calls {\n${calls.join('')}}\n`,
    `export const CALLS: Record<keyof Calls, string> = {\n${table.join(',\n')}\n}\n`
  ].join('\n')
}

/** What a call takes besides headers, all in one object, and what it answers. */
function callOf({ parameters = [], requestBody, responses }: Operation): string {
  const given = parameters
    .filter((parameter) => parameter.in !== 'header')
    .map(({ name, required, schema = {} }) => `${key(name)}${required ? '' : '?'}: ${typeOf(schema)}`)
  const body = requestBody?.content['application/json']?.schema
  if (body) given.push(`body${requestBody?.required ? '' : '?'}: ${typeOf(body)}`)
  const [, good] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? []
  const answer = good?.content?.['application/json']?.schema
  return `{ given: { ${given.join('; ')} }; answer: ${answer ? typeOf(answer) : 'string'} }`
}

function typeOf(schema: Schema): string {
  const { $ref, enum: values, anyOf, allOf, type } = schema
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
