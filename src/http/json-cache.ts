// Caches the JSON of values that are sent repeatedly, by object identity.

import { Type, type TSchema } from '@sinclair/typebox'
import { ref } from '../lib/schema.ts'

export const JSON_TYPE = 'application/json; charset=utf-8'

/** An array for clients; bytes for the route, which sends them unchanged. */
export function jsonList(item: TSchema, description: string) {
  return {
    description,
    content: { 'application/json': { schema: Type.Unsafe<Buffer>(Type.Array(ref(item))) } }
  }
}

/** Its values must be immutable. */
export function createJsonCache(write: (value: object) => string = JSON.stringify): (value: object) => string {
  const known = new WeakMap<object, string>()
  return (value) => {
    const last = known.get(value)
    if (last !== undefined) return last
    const text = write(value)
    known.set(value, text)
    return text
  }
}

/** The same for lists, whose items change one by one. */
export function createListCache(): (list: readonly object[]) => Buffer {
  const known = new WeakMap<readonly object[], Buffer>()
  const textOf = createJsonCache()
  return (list) => {
    const last = known.get(list)
    if (last) return last
    const bytes = Buffer.from(`[${list.map(textOf).join(',')}]`)
    known.set(list, bytes)
    return bytes
  }
}
