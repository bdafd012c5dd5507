import { follow, lastSegment } from './document.ts'
import type { OpenApiDocument, Schema } from './document.ts'

const DEEPEST = 8

type Field = { name: string; required: boolean; schema: Schema | boolean }

// A flattened schema: references followed, allOf merged, null and unions of literals simplified.
export type Shape = {
  schema: Schema
  types: string[]
  nullable: boolean
  /** Not empty if only these values are allowed. */
  values: unknown[]
  fields: Field[]
  items: Schema | boolean | undefined
  entries: Schema | boolean | undefined
  variants: Shape[]
  /** The references that contain this shape. A repeated one is not expanded, only named in `repeated`. */
  trail: readonly string[]
  repeated: string | undefined
}

export type Shaper = (schema: Schema | boolean | undefined, trail?: readonly string[]) => Shape

export function createShaper(document: OpenApiDocument): Shaper {
  const shape: Shaper = (schema, trail = []) => {
    const flat = flatten(document, typeof schema === 'object' ? schema : {}, trail)
    const { anyOf = [], oneOf = [], ...own } = flat.schema
    const choices = [...anyOf, ...oneOf].map((choice) => shape(choice, flat.trail))
    const variants = choices.filter((choice) => choice.schema.type !== 'null')
    const nullable = isNullable(own) || choices.some((choice) => choice.nullable)

    const [only] = variants
    if (only && variants.length === 1) return { ...only, schema: merge(only.schema, own), nullable }

    const base = { ...flat, schema: own, nullable, ...structureOf(own) }
    if (variants.length === 0) return { ...base, types: typesOf(own), values: valuesOf(own), variants }

    const types = [...new Set(variants.flatMap((variant) => variant.types))]
    return variants.every((variant) => variant.values.length > 0)
      ? { ...base, types, values: variants.flatMap((variant) => variant.values), variants: [] }
      : { ...base, types, values: [], variants }
  }
  return shape
}

type Flat = Pick<Shape, 'schema' | 'trail' | 'repeated'>

function flatten(document: OpenApiDocument, schema: Schema, trail: readonly string[]): Flat {
  const { $ref, ...beside } = schema
  if ($ref !== undefined) {
    if (trail.includes($ref) || trail.length >= DEEPEST) return { schema: beside, trail, repeated: lastSegment($ref) }
    return flatten(document, { ...(follow(document, $ref) as Schema), ...beside }, [...trail, $ref])
  }

  const { allOf, ...own } = schema
  if (!allOf) return { schema, trail, repeated: undefined }
  const parts = allOf.filter((part) => typeof part === 'object').map((part) => flatten(document, part, trail))
  return {
    schema: [...parts.map((part) => part.schema), own].reduce(merge),
    trail: [...trail, ...parts.flatMap((part) => part.trail.slice(trail.length))],
    repeated: undefined
  }
}

function merge(under: Schema, over: Schema): Schema {
  const merged = { ...under, ...over }
  if (under.properties && over.properties) merged.properties = { ...under.properties, ...over.properties }
  if (under.required && over.required) merged.required = [...under.required, ...over.required]
  return merged
}

function structureOf(schema: Schema): Pick<Shape, 'fields' | 'items' | 'entries'> {
  const { properties = {}, patternProperties = {}, additionalProperties, required = [] } = schema
  const fields = Object.entries(properties).map(([name, field]) => ({
    name,
    required: required.includes(name),
    schema: field
  }))
  const [pattern] = Object.values(patternProperties)
  return { fields, items: schema.items, entries: additionalProperties || pattern }
}

const isNullable = ({ nullable, type, enum: values }: Schema): boolean =>
  nullable === true ||
  type === 'null' ||
  (Array.isArray(type) && type.includes('null')) ||
  Boolean(values?.includes(null))

const valuesOf = ({ const: only, enum: values }: Schema): unknown[] =>
  only === undefined ? (values ?? []).filter((value) => value !== null) : [only]

function typesOf(schema: Schema): string[] {
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null')
  if (types.length > 0) return types
  if (schema.properties ?? schema.patternProperties ?? schema.additionalProperties) return ['object']
  if (schema.items) return ['array']
  return [...new Set(valuesOf(schema).map((value) => typeof value))]
}
