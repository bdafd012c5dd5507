// Completes the OpenAPI document: errors of operations, descriptions of responses, optional fields, and hints for
// programs. Pure.

import { refusalComponents, refusalsOf } from './openapi-refusals.ts'

type Schema = { [key: string]: unknown; properties?: Record<string, Schema>; required?: string[] }
type Media = { schema?: Schema; example?: unknown }
type Answer = { description?: string; headers?: object; content?: Record<string, Media> }
type Operation = {
  operationId?: string
  description?: string
  deprecated?: boolean
  security?: object[]
  parameters?: { name: string; in: string; required?: boolean; example?: unknown; schema?: Schema }[]
  requestBody?: { required?: boolean; content: Record<string, Media> }
  responses: Record<string, Answer>
  [extension: `x-${string}`]: unknown
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; responses?: object }
}

const SAFE = new Set(['get', 'head'])
const UNSAID = 'Default Response'

/** Operations that are aliases of others. */
const OTHER_WAYS: Record<string, string> = { createContainerByVerb: 'The same as `POST /containers`.' }
const CHANGES_BY_GET = new Set(['compatRetryBuild'])
/** Reads of a container that must run. */
const NEEDS_RUNNING = new Set(['getContainerProcesses'])
/** Reads that a single engine refuses. */
const NEEDS_SWARM = new Set(['listNodes', 'getNode'])
const DESTRUCTIVE = new Set(['cleanSystem', 'stopContainer', 'execInContainer'])
const ASKS_REGISTRY = /^(createContainer|pullImage|pushImage)/
const MAKES_CONTAINERS = /^(create|start|restart|waitFor|exec)/

export function finishDocument(given: object): object {
  const document = structuredClone(given) as Document
  const { schemas } = document.components
  document.components.responses = refusalComponents()
  for (const [path, operations] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(operations)) finish(operation, method, path, schemas)
  for (const name of sentBy(document)) sayDefaults(schemas[name] ?? {})
  return document
}

function finish(operation: Operation, method: string, path: string, schemas: Record<string, Schema>): void {
  const { operationId = '', requestBody, security = [], parameters = [] } = operation
  const isChange = !SAFE.has(method) || CHANGES_BY_GET.has(operationId)
  const answers = Object.entries(operation.responses)
  const isPaged = parameters.some(({ name, in: place }) => place === 'query' && name === 'cursor')
  for (const [status, answer] of answers) {
    describe(answer, schemas)
    answer.headers = { ...answer.headers, ...headersOf(status, operationId, isPaged) }
  }
  const refusals = refusalsOf({
    isOpen: security.length === 0,
    hasConflicts: isChange || NEEDS_RUNNING.has(operationId) || NEEDS_SWARM.has(operationId),
    isAboutOne:
      path.includes('{') || parameters.some(({ name }) => name.endsWith('build_id')) || namesImage(path, isChange),
    hasBody: requestBody !== undefined,
    makesContainers: path.startsWith('/containers') && MAKES_CONTAINERS.test(operationId),
    asksRegistry: ASKS_REGISTRY.test(operationId)
  })
  operation.responses = { ...Object.fromEntries(answers), ...refusals }
  for (const parameter of parameters) {
    const given = firstOf(parameter.schema)
    if (parameter.required && given !== undefined) parameter.example = given
  }
  for (const media of Object.values(requestBody?.content ?? {})) exemplify(media, schemas)
  if (requestBody && mayBeAbsent(requestBody.content, schemas)) requestBody.required = false
  if (operationId in OTHER_WAYS) {
    operation.deprecated = true
    operation.description = `${OTHER_WAYS[operationId]} ${operation.description ?? ''}`.trim()
  }
  // For agents and other programs that choose calls by themselves.
  operation['x-read-only'] = !isChange
  if (method === 'delete' || DESTRUCTIVE.has(operationId)) operation['x-destructive'] = true
  if (Object.keys(operation.responses['200']?.content ?? {}).join() === 'text/event-stream')
    operation['x-endless'] = true
}

const text = (description: string) => ({ description, schema: { type: 'string' } })
const HEADERS = {
  always: { 'X-Request-Id': text("Id of the request, as in the server's log. Berth keeps an id sent by the client.") },
  made: { Location: text('Path of the new resource.') },
  page: {
    'X-Total-Count': {
      description: 'Total number of items on all pages, if known.',
      schema: { type: 'integer' }
    },
    'X-Next-Cursor': text('`cursor` of the next page. Absent on the last page.'),
    Link: text('Link to the next page, as `<path>; rel="next"`.')
  }
}

/** Beside the body. */
function headersOf(status: string, operationId: string, isPaged: boolean): object {
  return {
    ...HEADERS.always,
    ...((status === '201' || operationId === 'createBuild') && HEADERS.made),
    ...(isPaged && HEADERS.page)
  }
}

/** Examples of images use one that exists. */
const namesImage = (path: string, isChange: boolean): boolean => isChange && /^\/(containers|images)\b/.test(path)

/** From the description of its content. */
function describe(answer: Answer, schemas: Record<string, Schema>): void {
  const [media] = Object.values(answer.content ?? {})
  const schema = media?.schema
  const named = nameOf(schema) ?? nameOf(schema?.items as Schema | undefined)
  const said = named === undefined ? undefined : schemas[named]?.description
  if (answer.description === UNSAID && typeof said === 'string') answer.description = said
  for (const each of Object.values(answer.content ?? {})) exemplify(each, schemas)
}

/** The shown example, which also prefills "Try it out". */
function exemplify(media: Media, schemas: Record<string, Schema>): void {
  const { schema } = media
  const item = nameOf(schema?.items as Schema | undefined)
  const given = firstOf(schema) ?? firstOf(schemas[nameOf(schema) ?? ''])
  const listed = firstOf(schemas[item ?? ''])
  if (given !== undefined) media.example = given
  else if (listed !== undefined) media.example = [listed]
}

function firstOf(schema: Schema | undefined): unknown {
  return Array.isArray(schema?.examples) ? schema.examples[0] : undefined
}

function nameOf(schema: Schema | undefined): string | undefined {
  return typeof schema?.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined
}

/** Whether no field is required. */
function mayBeAbsent(content: Record<string, Media>, schemas: Record<string, Schema>): boolean {
  const { required = [], minProperties } = schemas[nameOf(content['application/json']?.schema) ?? ''] ?? {
    required: ['']
  }
  return required.length === 0 && minProperties === undefined
}

/** Shapes that clients send. */
function sentBy({ paths }: Document): Set<string> {
  const bodies = Object.values(paths).flatMap((operations) =>
    Object.values(operations).map(({ requestBody }) => requestBody)
  )
  const names = bodies.flatMap((body) => Object.values(body?.content ?? {}).map(({ schema }) => nameOf(schema) ?? ''))
  return new Set(names)
}

/** Generators treat a field with a default as required, so the default is in the description. */
function sayDefaults(schema: Schema): void {
  if ('default' in schema) {
    const said = `Default: \`${String(schema.default)}\`.`
    schema.description = [schema.description, said].filter(Boolean).join(' ')
    delete schema.default
  }
  for (const value of Object.values(schema)) {
    if (Array.isArray(value)) for (const each of value) if (isSchema(each)) sayDefaults(each)
    if (isSchema(value)) sayDefaults(value)
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
