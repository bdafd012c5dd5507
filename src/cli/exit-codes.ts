// The exit codes of `berth`. docs/cli.md shows this table.

import { BerthError } from '../client/errors.ts'

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  forbidden: 4,
  notFound: 5,
  conflict: 6,
  tryAgain: 7,
  interrupted: 130
} as const

export const EXIT_MEANINGS: [code: number, meaning: string][] = [
  [EXIT.done, 'Done.'],
  [EXIT.failed, 'It failed, and the same call will fail again: a build with an error, a check of `doctor`.'],
  [EXIT.usage, 'The command line could not be understood; nothing was asked of a server.'],
  [EXIT.unreachable, 'No server answers at the address.'],
  [EXIT.forbidden, 'The server wants a token, or the token, the policy or a setting does not allow it (401, 403).'],
  [EXIT.notFound, 'What was named does not exist (404).'],
  [EXIT.conflict, 'It cannot be done as things are now, such as a name that is taken (409).'],
  [EXIT.tryAgain, 'The server or the engine is busy or away; the same call may succeed later (429, 5xx).'],
  [EXIT.interrupted, 'Interrupted with Ctrl-C.']
]

/** Wrong or missing arguments, as the message says. */
export class UsageError extends Error {}

/** A failure of the command itself, said in one line. */
export class CommandError extends Error {}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage
  if (!(error instanceof BerthError)) return EXIT.failed
  const { status, code, isRetryable } = error
  if (code === 'SERVER_UNREACHABLE') return EXIT.unreachable
  if (status === 401 || status === 403) return EXIT.forbidden
  if (status === 404) return EXIT.notFound
  if (status === 409) return EXIT.conflict
  return isRetryable || status === 429 || status === 503 ? EXIT.tryAgain : EXIT.failed
}
