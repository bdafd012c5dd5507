// The completions of the word at the cursor: `berth __complete` with the words before it and itself. An error offers
// nothing, since a completing shell is no place for messages.

import type { Berth } from '../client/client.ts'
import { COMMON_OPTIONS, type Command, type Completes, type Option, type Options } from './command.ts'
import { COMMANDS } from './commands.ts'
import { readContexts, targetOf } from './contexts.ts'
import { EXIT } from './exit-codes.ts'
import { findCommand } from './parse.ts'
import type { Environment } from './environment.ts'
import { createSession, type Io } from './session.ts'

/** Nobody waits longer for a list of names. */
const LIMIT_MS = 2_000

export async function complete(words: string[], io: Io, version: string): Promise<number> {
  const session = createSession({ io, json: false, target: () => targetOf(io.env, {}), version })
  const current = words.at(-1) ?? ''
  const offers = await offersFor(words.slice(0, -1), current, () => session.berth, io.env).catch(() => [])
  for (const offer of offers) if (offer.startsWith(current)) session.print(offer)
  return EXIT.done
}

async function offersFor(before: string[], current: string, berth: () => Berth, env: Environment): Promise<string[]> {
  const found = findCommand(COMMANDS, before)
  const fitting = COMMANDS.map(({ name }) => name.split(' ')).filter((name) =>
    before.every((word, at) => name[at] === word)
  )
  const next = [...new Set(fitting.flatMap((name) => name[before.length] ?? []))]
  if (!found) return next
  const { command, rest } = found
  const options: Options = { ...COMMON_OPTIONS, ...command.options }
  if (rest.includes('--')) return []
  const [, begun = ''] = /^(--[a-z-]+=)/.exec(current) ?? []
  if (begun !== '') return (await valuesOf(begun.slice(0, -1), options, berth, env)).map((value) => begun + value)
  if (current.startsWith('-')) {
    const settings = command.ownOptions ? (await import('./settings.ts')).settingFlags() : []
    return [...Object.keys(options).map((name) => `--${name}`), ...settings]
  }
  // bash treats the equals sign in --wait=port as a separate word.
  const flag = rest.at(rest.at(-1) === '=' ? -2 : -1) ?? ''
  if (optionOf(flag, options)?.type === 'string') return valuesOf(flag, options, berth, env)
  return [...next, ...(await namesFor(command, rest, berth, env))]
}

function optionOf(flag: string, options: Options): Option | undefined {
  return Object.entries(options).find(([name, { short }]) => flag === `--${name}` || flag === `-${short}`)?.[1]
}

async function valuesOf(flag: string, options: Options, berth: () => Berth, env: Environment): Promise<string[]> {
  const option = optionOf(flag, options)
  return option === COMMON_OPTIONS.context ? namesOf('context', berth, env) : [...(option?.choices ?? [])]
}

async function namesFor(command: Command, rest: string[], berth: () => Berth, env: Environment): Promise<string[]> {
  if (command.completes === undefined) return []
  const taken = new Set(rest)
  return (await namesOf(command.completes, berth, env)).filter((name) => !taken.has(name))
}

async function namesOf(kind: Completes, berth: () => Berth, env: Environment): Promise<string[]> {
  const options = { signal: AbortSignal.timeout(LIMIT_MS) }
  if (kind === 'container') return (await berth().listContainers({}, options)).map(({ name }) => name)
  if (kind === 'image') return (await berth().listImages({}, options)).flatMap(({ tags }) => tags)
  if (kind === 'token') return (await berth().listTokens({}, options)).map(({ name }) => name)
  if (kind === 'context') return Object.keys(readContexts(env).contexts)
  return kind === 'shell' ? ['bash', 'zsh', 'fish'] : []
}
