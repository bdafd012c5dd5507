// The fields that Berth reads about a path in a container: JSON in base64, in a header.

import { Type, type Static } from '@sinclair/typebox'
import { UnreadableAnswer } from '../failures.ts'
import { createReader, parseJson } from './schema.ts'

const PathStat = Type.Object({
  size: Type.Number(),
  mode: Type.Integer({ minimum: 0 }),
  mtime: Type.String({ minLength: 1 }),
  linkTarget: Type.String()
})
export type RawPathStat = Static<typeof PathStat>

const read = createReader(PathStat)

export function readPathStat(header: string | string[] | undefined): RawPathStat {
  if (typeof header !== 'string') throw new UnreadableAnswer('it says nothing of the path')
  return read(parseJson(Buffer.from(header, 'base64').toString('utf8')))
}
