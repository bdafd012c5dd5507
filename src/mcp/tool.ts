// A tool: its description for the model, and its implementation, which calls the API like any client.

import { Type, type Static, type TObject } from '@sinclair/typebox'
import type { Berth } from '../client/client.ts'

export type Tool = {
  name: string
  title: string
  description: string
  input: TObject
  /** `reads` changes nothing; `adds` creates something; `destroys` may remove or overwrite existing things. */
  effect: 'reads' | 'adds' | 'destroys'
  run: (berth: Berth, given: never, signal: AbortSignal) => Promise<unknown>
}

/** Derives the type of the argument of `run` from the schema of a tool. */
export function tool<T extends TObject>(
  given: Omit<Tool, 'run' | 'input'> & {
    input: T
    run: (berth: Berth, given: Static<T>, signal: AbortSignal) => Promise<unknown>
  }
): Tool {
  return given
}

/** As `tools/list` shows it. */
export function describe({ name, title, description, input, effect }: Tool): object {
  const hints = { readOnlyHint: effect === 'reads', destructiveHint: effect === 'destroys', openWorldHint: false }
  return { name, title, description, inputSchema: input, annotations: { title, ...hints } }
}

export const container = Type.String({ minLength: 1, maxLength: 128, description: 'Name or id of the container.' })
export const only = <P extends TObject['properties']>(properties: P) =>
  Type.Object(properties, { additionalProperties: false })
