import type { Content, OpenApiDocument, Operation, Parameter, Response } from './document.ts'
import { resolve } from './document.ts'
import type { Examples } from './example.ts'
import type { Shaper } from './shape.ts'

type Call = { method: string; path: string; operation: Operation; parameters: Parameter[]; content: Content }
type Tools = { document: OpenApiDocument; origin: string; shape: Shaper; examples: Examples }

/** One line for a shell, with the required parts only. */
export function curlLine({ document, origin, shape, examples }: Tools, call: Call): string {
  const { method, operation, parameters } = call
  const valueOf = ({ example, schema }: Parameter) => String(example ?? examples.ofSchema(schema))
  const required = (place: string) => parameters.filter((parameter) => parameter.in === place && parameter.required)

  const path = required('path').reduce(
    (text, parameter) => text.replace(`{${parameter.name}}`, () => encodeURIComponent(valueOf(parameter))),
    call.path
  )
  const query = required('query').map((parameter) => `${parameter.name}=${encodeURIComponent(valueOf(parameter))}`)
  const url = quoted(`${origin}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`)

  const headers = required('header').map((parameter) => `-H ${quoted(`${parameter.name}: ${valueOf(parameter)}`)}`)
  const body = payload(call.content, shape, examples)
  return [
    `curl ${verbFor(method, body.length > 0)}${flagFor(document, operation)}${url}`,
    ...credentials(document, operation),
    ...headers,
    ...body
  ].join(' \\\n  ')
}

function payload(content: Content, shape: Shaper, examples: Examples): string[] {
  const [[type, media] = []] = Object.entries(content)
  if (!type || !media) return []
  if (type.endsWith('json')) {
    return [`-H ${quoted(`content-type: ${type}`)}`, `-d ${quoted(compact(examples.ofMedia(media, false)))}`]
  }
  if (type === 'multipart/form-data') {
    const { fields, trail } = shape(media.schema)
    return fields
      .map(({ name, required, schema }) => ({
        name,
        required,
        schema,
        isFile: shape(schema, trail).schema.format === 'binary'
      }))
      .filter(({ required, isFile }) => required || isFile)
      .map(
        ({ name, schema, isFile }) => `-F ${quoted(`${name}=${isFile ? '@FILE' : String(examples.ofSchema(schema))}`)}`
      )
  }
  return [`-H ${quoted(`content-type: ${type}`)}`, `--data-binary @FILE`]
}

function credentials(document: OpenApiDocument, { security = document.security ?? [] }: Operation): string[] {
  const [name] = Object.keys(security[0] ?? {})
  const scheme = name === undefined ? undefined : document.components?.securitySchemes?.[name]
  if (!scheme) return []
  const { type, scheme: kind, in: place, name: header } = resolve(document, scheme)
  if (type === 'http' && kind === 'basic') return ['-u "$USER:$PASSWORD"']
  if (type === 'apiKey') return place === 'header' ? [`-H "${header}: $TOKEN"`] : []
  return ['-H "authorization: Bearer $TOKEN"']
}

function verbFor(method: string, hasBody: boolean): string {
  if (method === (hasBody ? 'post' : 'get')) return ''
  return method === 'head' ? '-I ' : `-X ${method.toUpperCase()} `
}

function flagFor(document: OpenApiDocument, { responses = {} }: Operation): string {
  const types = Object.values(responses).flatMap((response) => {
    const { content = {} }: Response = resolve(document, response)
    return Object.keys(content)
  })
  return types.includes('text/event-stream') ? '-N ' : types.includes('application/octet-stream') ? '-O ' : ''
}

function compact(value: unknown): string {
  const line = JSON.stringify(value)
  return line.length > 48 ? JSON.stringify(value, null, 2) : line
}

const quoted = (text: string): string => (/^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
