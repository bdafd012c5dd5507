// A tool: what a model is told of it, and what it does. It asks the API as any client does.

import { Type, type Static, type TObject } from '@sinclair/typebox'
import type { Berth } from '../client/client.ts'

export type Tool = {
  name: string
  title: string
  description: string
  input: TObject
  /** `reads` changes nothing; `adds` makes something new; `destroys` may take away or overwrite what is there. */
  effect: 'reads' | 'adds' | 'destroys'
  run: (berth: Berth, given: never, signal: AbortSignal) => Promise<unknown>
}

/** Lets the schema of a tool type what its `run` is given. */
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
