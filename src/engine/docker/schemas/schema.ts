// Validates the fields of an answer that Berth reads, and ignores all others.

import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { TypeCompiler, type TypeCheck } from '@sinclair/typebox/compiler'
import { UnreadableAnswer } from '../failures.ts'

export const Id = Type.String({ minLength: 1 })

/** Engines may omit a field or send null. */
export const maybe = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))

export const Labels = maybe(Type.Record(Type.String(), Type.String()))
export const Texts = maybe(Type.Array(Type.String()))

/** Returns a valid value, and throws for an invalid one. Compiled at the first use. */
export function createReader<T extends TSchema>(schema: T): (json: unknown) => Static<T> {
  let compiled: TypeCheck<T> | undefined
  return (json) => {
    compiled ??= TypeCompiler.Compile(schema)
    if (compiled.Check(json)) return json
    const problem = compiled.Errors(json).First()
    throw new UnreadableAnswer(`${problem?.path || 'the whole'}: ${problem?.message ?? 'not as expected'}`)
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UnreadableAnswer(text === '' ? 'it is empty' : 'it is not JSON', { cause })
  }
}

/** A list filtered by a label is invalid if an entry does not carry the label. */
export function checkLabelled(rows: { Labels?: Record<string, string> | null | undefined }[], filter: string): void {
  const [name = '', ...value] = filter.split('=')
  const isStray = (labels: Record<string, string> | null | undefined) => labels?.[name] !== value.join('=')
  if (rows.some(({ Labels: labels }) => isStray(labels)))
    throw new UnreadableAnswer(`it holds what does not carry the label ${filter}`)
}

/** The answer to a create. */
export const readMade = createReader(Type.Object({ Id }))
