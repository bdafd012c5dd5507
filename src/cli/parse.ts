// Words of a command line to a command with its options. Pure.

import { parseArgs, type ParseArgsConfig } from 'node:util'
import { closest } from '../lib/closest.ts'
import { arity, COMMON_OPTIONS, type Command, type Given, type Options } from './command.ts'
import { UsageError } from './exit-codes.ts'

/** The command with the longest match, and the remaining words. */
export function findCommand(
  commands: readonly Command[],
  argv: string[]
): { command: Command; rest: string[] } | undefined {
  const fits = commands.filter(({ name }) => name.split(' ').every((word, index) => argv[index] === word))
  const best = fits.toSorted((one, other) => other.name.length - one.name.length)[0]
  return best && { command: best, rest: argv.slice(best.name.split(' ').length) }
}

export function unknownCommand(commands: readonly Command[], argv: string[]): UsageError {
  const group = commands.filter(({ name }) => name.startsWith(`${argv[0]} `)).map(({ name }) => name)
  if (group.length > 0) return new UsageError(`Say which: ${group.map((name) => `berth ${name}`).join(', ')}.`)
  const meant = closest(
    argv[0] ?? '',
    commands.map(({ name }) => name)
  )
  const hint = meant === undefined ? '"berth --help" lists all commands.' : `Is "berth ${meant}" meant?`
  return new UsageError(`There is no command "${argv[0]}". ${hint}`)
}

type Parsed = Given<Options & typeof COMMON_OPTIONS>

/** Of a command that takes every setting: its own options, and the other words as they are. */
export function parseAmongSettings({ options = {} }: Command, argv: string[]): Parsed {
  const own: Options = { json: COMMON_OPTIONS.json, help: COMMON_OPTIONS.help, ...options }
  const values: Record<string, string | boolean> = {}
  const words: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? ''
    const [, name = '', value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word === '-h' ? '--help' : word) ?? []
    const option = own[name]
    if (!option) words.push(word)
    else values[name] = option.type === 'boolean' ? true : (value ?? argv[++at] ?? '')
  }
  return { values: values as Parsed['values'], args: [], words }
}

export function parse(command: Command, argv: string[]): Parsed {
  const options: Options = { ...COMMON_OPTIONS, ...command.options }
  const [own, words] = split(command, argv, options)
  const { values, positionals } = strictly(command, own, options)
  if (!(values as { help?: boolean }).help) checkCount(command, positionals)
  return { values: values as Parsed['values'], args: positionals, words }
}

/** The words for berth, and those of a command for a container. */
function split({ words }: Command, argv: string[], options: Options): [own: string[], words: string[]] {
  if (words === undefined) return [argv, []]
  const dashes = argv.indexOf('--')
  if (words === 'after-dashes') return dashes === -1 ? [argv, []] : [argv.slice(0, dashes), argv.slice(dashes + 1)]
  const { tokens } = parseArgs({ ...configOf(argv, options), strict: false, tokens: true })
  const first = tokens.find(({ kind }) => kind === 'positional')
  if (!first) return [argv, []]
  const rest = argv.slice(first.index + 1)
  return [argv.slice(0, first.index + 1), rest[0] === '--' ? rest.slice(1) : rest]
}

const configOf = (args: string[], options: Options) =>
  ({ args, options: options as NonNullable<ParseArgsConfig['options']>, allowPositionals: true }) as const

function strictly(command: Command, args: string[], options: Options) {
  try {
    return parseArgs(configOf(args, options))
  } catch (error) {
    const text = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
    const [, unknown] = /^Unknown option '--?([^']+)'/.exec(text) ?? []
    const meant = unknown === undefined ? undefined : closest(unknown, Object.keys(options))
    const hint = meant === undefined ? '' : ` Is --${meant} meant?`
    throw new UsageError(`${text}.${hint} See: berth ${command.name} --help`, { cause: error })
  }
}

function checkCount(command: Command, args: string[]): void {
  const { least, most } = arity(command)
  if (args.length >= least && args.length <= most) return
  const usage = `berth ${command.name} ${command.args ?? ''}`.trim()
  throw new UsageError(
    args.length < least
      ? `Something is missing. Usage: ${usage}`
      : `"${args[most]}" is one word too many. Usage: ${usage}`
  )
}
