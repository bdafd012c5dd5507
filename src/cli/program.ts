// One call of `berth`: the command, its words, its errors. Resolves with the exit code.

import { isBerthError } from '../client/errors.ts'
import type { COMMON_OPTIONS, Options, Values } from './command.ts'
import { complete } from './complete.ts'
import { COMMANDS } from './commands.ts'
import { targetOf } from './contexts.ts'
import { CommandError, EXIT, exitCodeOf, UsageError } from './exit-codes.ts'
import { helpOf, overview } from './help.ts'
import { findCommand, parse, unknownCommand } from './parse.ts'
import { createSession, type Io } from './session.ts'

export async function program(argv: string[], io: Io, version: string): Promise<number> {
  try {
    return await dispatch(argv, io, version)
  } catch (error) {
    if (io.signal.aborted) return EXIT.interrupted
    for (const line of explain(error)) io.err.write(`berth: ${line}\n`)
    return exitCodeOf(error)
  }
}

async function dispatch(argv: string[], io: Io, version: string): Promise<number> {
  const [first] = argv
  const say = (text: string) => io.out.write(`${text}\n`)
  if (first === undefined || first === '--help' || first === '-h' || (first === 'help' && argv.length === 1)) {
    say(overview(COMMANDS, version))
    return first === undefined ? EXIT.usage : EXIT.done
  }
  if (first === '--version' || first === '-V') return (say(version), EXIT.done)
  if (first === 'help') return dispatch([...argv.slice(1), '--help'], io, version)
  if (first === '__complete') return complete(argv.slice(1), io, version)

  const found = findCommand(COMMANDS, argv)
  if (!found) throw unknownCommand(COMMANDS, argv)
  const { command, rest } = found
  const wantsHelp = command.ownOptions && rest.some((word) => ['--help', '-h'].includes(word))
  const given = command.ownOptions ? { values: { help: wantsHelp }, args: [], words: rest } : parse(command, rest)
  const { help, json, context, url, ...values } = given.values as Partial<Values<typeof COMMON_OPTIONS>> &
    Values<Options>
  if (help) return (say(helpOf(command)), EXIT.done)
  const target = () => targetOf(io.env, { url, context })
  const session = createSession({ io, json: json === true, target, version })
  return (await command.run(session, { ...given, values })) ?? EXIT.done
}

function explain(error: unknown): string[] {
  if (isBerthError(error)) {
    const { detail, errors = [], code, request_id: id } = error.problem
    const fields = errors
      .filter(({ message }) => !detail.includes(message))
      .map(({ field, message }) => `${field} ${message}`)
    const hint = HINTS[code]
    return [detail, ...fields, ...(hint ? [hint] : []), `(${code}${id === '' ? '' : `, request ${id}`})`]
  }
  if (error instanceof UsageError || error instanceof CommandError) return [error.message]
  return [error instanceof Error ? error.message : String(error)]
}

const HINTS: Record<string, string> = {
  SERVER_UNREACHABLE:
    'Start one with "berth serve", say where it is with BERTH_URL, or see what is wrong: berth doctor',
  UNAUTHORIZED: 'Set BERTH_TOKEN, or give the context a token: berth context add NAME URL --token-file FILE'
}
