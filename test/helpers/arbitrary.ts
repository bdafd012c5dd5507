// Values for a JSON Schema, mostly valid ones.

import fc from 'fast-check'

export type JsonSchema = {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  anyOf?: JsonSchema[]
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  items?: JsonSchema
  minItems?: number
  maxItems?: number
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | boolean
  propertyNames?: { pattern?: string }
}

type Options = {
  resolve: (ref: string) => JsonSchema
  /** Values for fields by name, where other valid values would take too long. */
  chosen: Record<string, fc.Arbitrary<unknown>>
}

const text = fc.string({ unit: 'grapheme' })

/** Invalid values that clients send, by mistake or on purpose. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    ' ',
    -1,
    0,
    1e308,
    2 ** 53,
    true,
    [],
    {},
    '../..',
    '__proto__',
    '\u0000',
    'x'.repeat(5000)
  ),
  text,
  fc.jsonValue({ maxDepth: 2 })
)

const seldom = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 19, arbitrary: good }, { weight: 1, arbitrary: junk })

export function arbitraryFor(schema: JsonSchema, options: Options): fc.Arbitrary<unknown> {
  if (schema.$ref) return arbitraryFor(options.resolve(schema.$ref), options)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((each) => arbitraryFor(each, options)))
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type) => arbitraryFor({ ...schema, type }, options)))
  const { minimum, maximum, minLength = 0, maxLength = 40, minItems = 0, maxItems = 3 } = schema
  switch (schema.type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return fc.integer({ min: Math.ceil(minimum ?? -1000), max: Math.floor(maximum ?? (minimum ?? 0) + 1_000_000) })
    case 'number':
      return fc.double({ min: minimum ?? -1000, max: maximum ?? (minimum ?? 0) + 1000, noNaN: true })
    case 'string':
      return schema.pattern
        ? fc.stringMatching(new RegExp(schema.pattern), { size: 'small' })
        : fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 40) })
    case 'array':
      return fc.array(seldom(arbitraryFor(schema.items ?? {}, options)), {
        minLength: minItems,
        maxLength: Math.min(maxItems, 3)
      })
    case 'object':
      return objectFor(schema, options)
    default:
      return fc.jsonValue()
  }
}

function objectFor(
  { properties = {}, required = [], additionalProperties, propertyNames }: JsonSchema,
  options: Options
) {
  const names = Object.entries(properties)
  const known = fc.record(
    Object.fromEntries(
      names.map(([name, each]) => [name, seldom(options.chosen[name] ?? arbitraryFor(each, options))])
    ),
    { requiredKeys: required }
  )
  if (typeof additionalProperties === 'object') {
    const key = propertyNames?.pattern ? fc.stringMatching(new RegExp(propertyNames.pattern), { size: 'small' }) : text
    return fc.dictionary(
      fc.oneof({ weight: 9, arbitrary: key }, text),
      seldom(arbitraryFor(additionalProperties, options)),
      {
        maxKeys: 3
      }
    )
  }
  // An unknown field now and then. Some fields are left out, so that most requests are short.
  const few = fc
    .tuple(
      known,
      fc.subarray(
        names.map(([name]) => name),
        { maxLength: Math.min(4, names.length) }
      )
    )
    .map(([whole, kept]) =>
      Object.fromEntries(Object.entries(whole).filter(([name]) => kept.includes(name) || required.includes(name)))
    )
  return fc.oneof(
    { weight: 19, arbitrary: few },
    { weight: 1, arbitrary: fc.tuple(few, text, junk).map(([fields, name, value]) => ({ ...fields, [name]: value })) }
  )
}
