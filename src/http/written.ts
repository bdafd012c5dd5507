// Lists that a service has written out as JSON itself, since most of what is in them was written out before.

import { Type, type TSchema } from '@sinclair/typebox'
import { ref } from '../lib/schema.ts'

export const JSON_TYPE = 'application/json; charset=utf-8'

/** An array to clients; bytes to the route, which sends them as they are. */
export function writtenList(item: TSchema, description: string) {
  return {
    description,
    content: { 'application/json': { schema: Type.Unsafe<Buffer>(Type.Array(ref(item))) } }
  }
}
