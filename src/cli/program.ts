// One call of `berth`: the command, its words, its errors. Resolves with the exit code.

import type { COMMON_OPTIONS, Options, Values } from './command.ts'
import { complete } from './complete.ts'
import { COMMANDS } from './commands.ts'
import { targetOf } from './contexts.ts'
import { inWords } from './errors.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { helpOf, overview } from './help.ts'
import { findCommand, parse, parseAmongSettings, unknownCommand } from './parse.ts'
import { createSession, type Io } from './session.ts'

export async function program(argv: string[], io: Io, version: string): Promise<number> {
  try {
    return await dispatch(argv, io, version)
  } catch (error) {
    if (io.signal.aborted) return EXIT.interrupted
    io.err.write(inWords(error, { json: wantsJson(argv) }))
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
  const given = command.ownOptions ? parseAmongSettings(command, rest) : parse(command, rest)
  const { help, json, context, url, ...values } = given.values as Partial<Values<typeof COMMON_OPTIONS>> &
    Values<Options>
  if (help) return (say(helpOf(command)), EXIT.done)
  const target = () => targetOf(io.env, { url, context })
  const session = createSession({ io, json: json === true, target, version })
  return (await command.run(session, { ...given, values })) ?? EXIT.done
}

/** A best guess, even for invalid words. Words after `--` are for a container. */
function wantsJson(argv: string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end === -1 ? undefined : end).includes('--json')
}
