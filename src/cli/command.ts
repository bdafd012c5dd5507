// A command as a value: help, completion, docs/cli.md and the parser all read it.

import type { Session } from './session.ts'

export type Option = {
  type: 'string' | 'boolean'
  short?: string
  multiple?: boolean
  /** The placeholder of the value in the help: `NAME`. */
  value?: string
  /** All valid values, for completion. The server reports an invalid one. */
  choices?: readonly string[]
  about: string
}
export type Options = Record<string, Option>
type ValueOf<O extends Option> = O['type'] extends 'boolean' ? boolean : O['multiple'] extends true ? string[] : string
export type Values<O extends Options> = { [K in keyof O]?: ValueOf<O[K]> }

/** `words` form a command for a container. */
export type Given<O extends Options> = { values: Values<O>; args: string[]; words: string[] }
export type Completes = 'container' | 'image' | 'path' | 'context' | 'token' | 'shell'

export type Command<O extends Options = Options> = {
  /** The command with its full name: `tokens create`. */
  name: string
  /** `<one>`, `[maybe]`, `<at-least-one...>`, `[any...]`. */
  args?: string
  about: string
  /** More than one line can say. */
  more?: string
  examples: [line: string, does: string][]
  options?: O
  /** The start of a command for a container: after the first argument, or after `--`. */
  words?: 'after-first' | 'after-dashes'
  completes?: Completes
  /** Besides its options it accepts every setting of the server. */
  ownOptions?: boolean
  run: (session: Session, given: Given<O>) => Promise<number | void>
}

/** Derives the type of the argument of `run` from the options. */
export function command<const O extends Options>(given: Command<O>): Command {
  return given as unknown as Command
}

/** The number of arguments of a command. */
export function arity({ args = '', words }: Command): { least: number; most: number } {
  const names = args.match(/<[^>]+>|\[[^\]]+\]/g) ?? []
  const least = names.filter((name) => name.startsWith('<')).length
  const isOpen = names.some((name) => name.includes('...')) && words === undefined
  return { least, most: isOpen ? Number.POSITIVE_INFINITY : names.filter((name) => !name.includes('[command')).length }
}

/** These go with every command. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', about: 'Print JSON: one value, or one a line for a stream.' },
  context: { type: 'string', short: 'c', value: 'NAME', about: 'Ask the server of this context.' },
  url: { type: 'string', value: 'URL', about: 'Ask this server: http://…, https://… or unix:/path.' },
  help: { type: 'boolean', short: 'h', about: 'Show the help of the command.' }
} as const satisfies Options
