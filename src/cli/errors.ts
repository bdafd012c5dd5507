// The errors of a command: lines for a person, a line of JSON for a script. Both go to stderr.

import { isBerthError } from '../client/errors.ts'
import { UsageError } from './exit-codes.ts'

export function inWords(error: unknown, { json }: { json: boolean }): string {
  if (json) return `${JSON.stringify(problemOf(error))}\n`
  return explain(error)
    .map((line) => `berth: ${line}\n`)
    .join('')
}

/** The problem that the server sent, or one of the command itself. */
function problemOf(error: unknown): object {
  if (isBerthError(error)) return error.problem
  const code = error instanceof UsageError ? 'USAGE' : 'COMMAND_FAILED'
  return { code, detail: messageOf(error), retryable: false }
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
  return [messageOf(error)]
}

const HINTS: Record<string, string> = {
  SERVER_UNREACHABLE:
    'Start one with "berth serve", say where it is with BERTH_URL, or see what is wrong: berth doctor',
  UNAUTHORIZED: 'Set BERTH_TOKEN, or give the context a token: berth context add NAME URL --token-file FILE'
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
