import type { Schema } from './document.ts'
import type { Shape, Shaper } from './shape.ts'

/** The inner type of arrays and maps. */
export function coreOf(shape: Shaper, it: Shape): Shape {
  if (it.fields.length > 0 || it.repeated !== undefined) return it
  const inner = it.items ?? (it.entries === true ? undefined : it.entries)
  return inner === undefined ? it : coreOf(shape, shape(inner, it.trail))
}

/** The type in words: `array of strings`, `integer or null`. */
export function typeOf(shape: Shaper, it: Shape): string {
  const type = bareTypeOf(shape, it)
  return it.nullable && type !== 'null' ? `${type} or null` : type
}

function bareTypeOf(shape: Shaper, it: Shape): string {
  const many = (inner: Schema | boolean) =>
    typeOf(shape, shape(inner, it.trail)).replace(/^(?:string|integer|number|boolean|object|array|file|map)\b/, '$&s')

  if (it.repeated !== undefined) return `${it.repeated} as above`
  if (it.variants.length > 0) return [...new Set(it.variants.map((variant) => typeOf(shape, variant)))].join(' or ')
  if (it.schema.format === 'binary') return 'file'
  if (it.items !== undefined) return `array of ${many(it.items)}`
  if (it.fields.length === 0 && it.entries === true) return 'object with any fields'
  if (it.fields.length === 0 && it.entries !== undefined) return `map of ${many(it.entries)}`
  return it.types.join(' or ') || (it.nullable ? 'null' : 'anything')
}

/** Further constraints, in words; limits of the elements follow those of the array or map around them. */
export function limitsOf(shape: Shaper, it: Shape): string[] {
  const core = coreOf(shape, it)
  const own = limitsIn(it.schema)
  return core === it ? own : [...own, ...limitsIn(core.schema).map((limit) => `each ${limit}`)]
}

function limitsIn(schema: Schema): string[] {
  const { format, pattern, exclusiveMinimum, exclusiveMaximum, multipleOf, uniqueItems } = schema
  const limits = [
    format !== 'binary' && format,
    exclusiveMinimum !== undefined && `more than ${exclusiveMinimum}`,
    between(schema.minimum, schema.maximum, String),
    exclusiveMaximum !== undefined && `less than ${exclusiveMaximum}`,
    multipleOf !== undefined && `multiple of ${multipleOf}`,
    between(schema.minLength, schema.maxLength, (length) => plural(length, 'character')),
    between(schema.minItems, schema.maxItems, (items) => plural(items, 'item')),
    between(schema.minProperties, schema.maxProperties, (entries) => plural(entries, 'entry', 'entries')),
    uniqueItems && 'no duplicates',
    pattern !== undefined && `matches ${pattern}`,
    schema.readOnly && 'read only',
    schema.writeOnly && 'write only'
  ]
  return limits.filter((limit) => typeof limit === 'string')
}

function between(least: number | undefined, most: number | undefined, amount: (value: number) => string) {
  if (least === undefined) return most !== undefined && `at most ${amount(most)}`
  if (most === undefined) return `at least ${amount(least)}`
  return least === most ? `exactly ${amount(most)}` : `${least} to ${amount(most)}`
}

export const plural = (count: number, unit: string, units = `${unit}s`): string =>
  `${count} ${count === 1 ? unit : units}`
