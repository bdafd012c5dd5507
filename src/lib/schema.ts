import { Type, type Static, type TSchema, type TString } from '@sinclair/typebox'

/** A shared schema is written once and referenced by its $id, so that OpenAPI names it as a component. */
export function ref<T extends TSchema>(schema: T) {
  return Type.Unsafe<Static<T>>(Type.Ref(schema.$id ?? ''))
}

/** A fixed list of words, as one `enum` in OpenAPI. */
export function words<const T extends string>(values: readonly T[], options: object = {}) {
  return Type.Unsafe<T>({ type: 'string', enum: [...values], ...options })
}

/** A string whose pattern is explained in words: "must be …, such as …". */
export function formed(pattern: string, rule: string, options: object = {}): TString {
  return Type.String({ ...form(pattern, rule), ...options })
}

/** The same for values without a type, such as names in an object. */
export const form = (pattern: string, rule: string): object => ({ pattern, 'x-rule': rule })

/** A value and its human forms, which are converted before validation. */
export function orWritten<T extends TSchema>(exact: T, ...written: TSchema[]) {
  const { description, examples = [], ...rest } = exact
  const all = [...(examples as unknown[]), ...written.flatMap((form) => (form.examples as unknown[]) ?? [])]
  return Type.Unsafe<Static<T>>({
    ...(description !== undefined && { description }),
    ...(all.length > 0 && { examples: all }),
    anyOf: [rest, ...written],
    'x-written': true
  })
}

export function nullable<T extends TSchema>(schema: T) {
  if (typeof schema.type !== 'string') return Type.Unsafe<Static<T> | null>({ anyOf: [schema, { type: 'null' }] })
  // Some readers of the document fail on null in an enum.
  if (Array.isArray(schema.enum)) return Type.Unsafe<Static<T> | null>({ anyOf: [schema, { type: 'null' }] })
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'] })
}

/** An object with arbitrary names. `Type.Record` would accept any value under an invalid name. */
export function record<T extends TSchema>(value: T, options: object = {}) {
  return Type.Unsafe<Record<string, Static<T>>>({ type: 'object', additionalProperties: value, ...options })
}

export const DateTime = (options: object = {}): TString => Type.String({ format: 'date-time', ...options })
