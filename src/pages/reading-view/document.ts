// The part of OpenAPI 3.1 that the reading view shows. Anything may also be a `$ref`.
export type Schema = {
  $ref?: string
  type?: string | string[]
  title?: string
  description?: string
  format?: string
  contentMediaType?: string
  enum?: unknown[]
  const?: unknown
  default?: unknown
  example?: unknown
  examples?: unknown
  properties?: Record<string, Schema | boolean>
  patternProperties?: Record<string, Schema | boolean>
  additionalProperties?: Schema | boolean
  required?: string[]
  items?: Schema | boolean
  allOf?: (Schema | boolean)[]
  anyOf?: (Schema | boolean)[]
  oneOf?: (Schema | boolean)[]
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  multipleOf?: number
  minLength?: number
  maxLength?: number
  pattern?: string
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
  minProperties?: number
  maxProperties?: number
  nullable?: boolean
  deprecated?: boolean
  readOnly?: boolean
  writeOnly?: boolean
}

export type Media = { schema?: Schema; example?: unknown; examples?: Record<string, { value?: unknown }> }
export type Content = Record<string, Media>

export type Parameter = {
  $ref?: string
  name?: string
  in?: string
  required?: boolean
  deprecated?: boolean
  description?: string
  schema?: Schema
  example?: unknown
}

type RequestBody = { $ref?: string; description?: string; required?: boolean; content?: Content }
export type Response = {
  $ref?: string
  description?: string
  headers?: Record<string, Parameter>
  content?: Content
}

type SecurityRequirement = Record<string, string[]>
type SecurityScheme = {
  $ref?: string
  type?: string
  scheme?: string
  in?: string
  name?: string
  description?: string
}

export type Operation = {
  operationId?: string
  summary?: string
  description?: string
  tags?: string[]
  deprecated?: boolean
  parameters?: Parameter[]
  requestBody?: RequestBody
  responses?: Record<string, Response>
  security?: SecurityRequirement[]
}

export const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace'] as const
export type Method = (typeof METHODS)[number]
type PathItem = { parameters?: Parameter[] } & { [method in Method]?: Operation }

export type OpenApiDocument = {
  info: { title: string; version: string; description?: string }
  servers?: { url: string; description?: string }[]
  tags?: { name: string; description?: string }[]
  paths?: Record<string, PathItem | undefined>
  components?: { securitySchemes?: Record<string, SecurityScheme> }
  security?: SecurityRequirement[]
}

/** Resolves local references; properties next to a reference take precedence. */
export function resolve<T extends { $ref?: string }>(document: OpenApiDocument, value: T): T {
  const seen = new Set<string>()
  let resolved = value
  while (resolved.$ref !== undefined && !seen.has(resolved.$ref)) {
    const { $ref, ...beside } = resolved
    seen.add($ref)
    resolved = { ...(follow(document, $ref) as T), ...beside }
  }
  return resolved
}

/** The target of a local reference; an empty object if there is none. */
export function follow(document: OpenApiDocument, ref: string): object {
  if (!ref.startsWith('#/')) return {}
  let target: unknown = document
  for (const segment of segments(ref)) {
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, segment)) return {}
    target = (target as Record<string, unknown>)[segment]
  }
  return typeof target === 'object' && target !== null ? target : {}
}

export const lastSegment = (ref: string): string => segments(ref).at(-1) ?? ref

const segments = (ref: string): string[] =>
  ref
    .slice(2)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
