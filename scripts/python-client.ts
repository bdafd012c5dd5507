// clients/python/berth/api.py: types and methods for Python, generated from the OpenAPI document, like those for TypeScript.

import type { ApiDocument } from './typescript-client.ts'

type Schema = ApiDocument['components']['schemas'][string]
type Operation = ApiDocument['paths'][string][string] & { summary?: string }

const HEAD = `# Made of docs/openapi.json by scripts/python-client.ts (npm run docs). Not to be edited.

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

`
const KEYWORDS = new Set(['for', 'from', 'class', 'in', 'is', 'not'])

export function pythonClientOf({ paths, components }: ApiDocument): string {
  const types: string[] = []
  const { typeOf } = createTypes(types)
  for (const [name, schema] of Object.entries(components.schemas)) {
    const type = typeOf(schema, name)
    if (type !== name) types.push(`${name} = ${type}\n`)
  }
  const operations = Object.entries(paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
    .filter(({ operation }) => !operation.operationId.startsWith('compat'))
  const calls = operations.map(
    ({ path, method, operation: { operationId } }) => `    "${operationId}": ("${method.toUpperCase()}", "${path}"),\n`
  )
  const methods = operations.map(({ operation }) => methodOf(operation, typeOf))
  return `${HEAD}${types.join('\n')}

CALLS: dict[str, tuple[str, str]] = {
${calls.join('')}}


class Calls:
    """A method for each operation of the API."""

    def call(self, operation: str, **given: Any) -> Any:
        raise NotImplementedError

${methods.join('\n')}`
}

type TypeOf = (schema: Schema, name: string) => string

function methodOf(
  { operationId, summary = '', parameters = [], requestBody, responses }: Operation,
  typeOf: TypeOf
): string {
  const given = parameters
    .filter((parameter) => parameter.in !== 'header')
    .map(({ name, required = false, schema = {} }) => ({
      name,
      required,
      type: typeOf(schema, `${capital(operationId)}${capital(name)}`)
    }))
  const body = requestBody?.content['application/json']?.schema
  if (body)
    given.push({
      name: 'body',
      required: requestBody?.required === true,
      type: typeOf(body, `${capital(operationId)}Body`)
    })
  const form = requestBody?.content['multipart/form-data']?.schema
  if (form) given.push({ name: 'form', required: true, type: 'dict[str, Any]' })
  const sorted = given.toSorted((one, other) => Number(other.required) - Number(one.required))
  const arguments_ = sorted.map(
    ({ name, required, type }) => `${pythonName(name)}: ${required ? type : `${type} | None = None`}`
  )
  const [, good] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? []
  const json = good?.content?.['application/json']?.schema
  const answer = json ? typeOf(json, `${capital(operationId)}Answer`) : 'str'
  const passed = sorted.map(({ name }) => `${pythonName(name)}=${pythonName(name)}`)
  const star = arguments_.length > 1 ? '*, ' : ''
  return `    def ${snake(operationId)}(self, ${star}${arguments_.join(', ')}) -> ${answer}:
        """${summary}."""
        return self.call(${[`"${operationId}"`, ...passed].join(', ')})
`.replace('(self, )', '(self)')
}

/** Nested objects get their own names, since TypedDict requires names. */
function createTypes(types: string[]) {
  function typeOf(schema: Schema, name: string): string {
    const { $ref, enum: values, anyOf, allOf, type } = schema
    if ($ref !== undefined) return $ref.split('/').at(-1) ?? 'Any'
    if ('const' in schema) return literal([schema.const])
    if (values) return literal(values)
    if (anyOf) return [...new Set(anyOf.map((each, index) => typeOf(each, `${name}${index + 1}`)))].join(' | ')
    if (allOf)
      return objectOf(
        Object.assign({}, ...allOf.map(({ properties }) => properties)),
        allOf.flatMap(({ required = [] }) => required),
        name
      )
    if (Array.isArray(type)) return type.map((each) => typeOf({ ...schema, type: each }, name)).join(' | ')
    if (type === 'null') return 'None'
    if (type === 'array') return `list[${typeOf(schema.items ?? {}, `${name}Item`)}]`
    if (type === 'object' || schema.properties) return objectType(schema, name)
    if (type === 'integer') return 'int'
    if (type === 'number') return 'float'
    if (type === 'boolean') return 'bool'
    return type === 'string' ? 'str' : 'Any'
  }

  function objectType({ properties, required = [], additionalProperties }: Schema, name: string): string {
    if (properties && Object.keys(properties).length > 0) return objectOf(properties, required, name)
    return `dict[str, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties, `${name}Value`) : 'Any'}]`
  }

  function objectOf(properties: Record<string, Schema>, required: string[], name: string): string {
    const fields = Object.entries(properties).map(([field, schema]) => {
      const type = typeOf(schema, `${name}${capital(field)}`)
      return `    "${field}": ${quoted(required.includes(field) ? type : `NotRequired[${type}]`)},\n`
    })
    types.push(`${name} = TypedDict("${name}", {\n${fields.join('')}})\n`)
    return name
  }
  return { typeOf }
}

/** Types that refer to others later in the file. */
const quoted = (type: string): string => JSON.stringify(type.replaceAll('"', "'"))
const literal = (values: unknown[]): string =>
  `Literal[${values.map((value) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value))).join(', ')}]`
const pythonName = (name: string): string => (KEYWORDS.has(name) ? `${name}_` : name)
const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const capital = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('')
