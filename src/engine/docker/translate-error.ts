// Translates the engine's errors to ours. Its statuses mislead (a taken port is a 500), so status and text are matched together.

import { stripVTControlCharacters } from 'node:util'
import { AppError, type ErrorCode } from '../../errors.ts'
import { ARCHIVE_RULES, conflictingPort, RULES } from './error-rules.ts'
import type { Rule } from './rule.ts'
import { knownReasons } from './registry-reasons.ts'
import { Refusal, TimeoutError, UnreadableAnswer } from './failures.ts'

export type Failure = {
  what: string
  isChange: boolean
  address: string
  cancelled: boolean
  /** The call has an archive as its body. */
  sendsArchive?: boolean
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ECONNRESET',
  'EPIPE',
  'EAGAIN',
  'EACCES',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ECONNABORTED'
])

// Streams are answered before they fail.
const STREAM_STATUS = 200

/** The text matches no rule, so only the status counts. */
export class UnknownText extends AppError {
  readonly status: number

  constructor(status: number, detail: string, cause?: unknown) {
    super(fallback(status), detail, { cause })
    this.status = status
  }
}

export function translateError(error: unknown, failure: Failure): AppError {
  if (error instanceof AppError) return error
  if (error instanceof Refusal) return translateRefusal(error, failure)
  if (failure.cancelled)
    return new AppError('REQUEST_CANCELLED', `The request ended while Berth asked the engine to ${failure.what}.`, {
      cause: error
    })
  if (error instanceof TimeoutError)
    return new AppError('ENGINE_TIMEOUT', `The engine did not ${failure.what} in time. It may still do so.`, {
      cause: error
    })
  return isUnreadable(error) ? translateUnreadable(error, failure) : translateSilence(error, failure)
}

/** The engine refused with a reason. */
function translateRefusal(refusal: Refusal, { what, sendsArchive = false }: Failure): AppError {
  const rule = [...(sendsArchive ? ARCHIVE_RULES : []), ...RULES].find(({ pattern }) => pattern.test(refusal.message))
  if (!rule) return new UnknownText(refusal.statusCode, sentence(refusal.message, what), refusal)
  const port = rule.code === 'PORT_UNAVAILABLE' ? conflictingPort(refusal.message) : undefined
  return new AppError(rule.code, sentence(refusal.message, what, rule), {
    cause: refusal,
    ...(port && { facts: { port } })
  })
}

/** The answer is not from an engine. A change may have been made. */
export function translateUnreadable(error: Error, { what, isChange }: Pick<Failure, 'what' | 'isChange'>): AppError {
  const reason = plainText(error.message)
  const effect = isChange ? ' Whether the engine did it is not known.' : ''
  return new AppError('ENGINE_ANSWER_INVALID', `The answer to the call to ${what} is unusable: ${reason}.${effect}`, {
    cause: error
  })
}

/** Nothing listens there, or the connection broke. */
function translateSilence(error: unknown, { address }: Failure): AppError {
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as NodeJS.ErrnoException
  if (code === 'EACCES') {
    return new AppError('ENGINE_UNAVAILABLE', `Berth may not use the engine at ${address}: permission denied.`, {
      cause: error
    })
  }
  const reason = code && UNREACHABLE.has(code) ? code : (message ?? String(error))
  return new AppError('ENGINE_UNAVAILABLE', `The engine at ${address} does not answer (${reason}).`, { cause: error })
}

/** Node's parser has a separate code for answers that are not HTTP. */
function isUnreadable(error: unknown): error is Error {
  return (
    error instanceof UnreadableAnswer ||
    (error instanceof Error && 'code' in error && `${error.code}`.startsWith('HPE_'))
  )
}

/** For an error line inside a 200 stream of a pull, build or push. */
export function translateStreamError(text: string, what: string): AppError {
  const rule = RULES.find(({ pattern }) => pattern.test(text))
  return rule
    ? new AppError(rule.code, sentence(text, what, rule))
    : new UnknownText(STREAM_STATUS, sentence(text, what))
}

function fallback(status: number): ErrorCode {
  if (status === 400) return 'INVALID_REQUEST'
  if (status === 503) return 'ENGINE_UNAVAILABLE'
  return 'ENGINE_FAILED'
}

const MAX_TEXT = 1024

function sentence(text: string, what: string, rule?: Rule): string {
  if (rule?.says) return rule.says(text)
  const words = rule && isOfRegistry(rule.code) ? knownReasons(text) : plainText(text)
  const said = `The engine could not ${what}: ${words || 'no reason given'}`
  return rule?.hint ? `${said.replace(/\.?$/, '.')} ${rule.hint(text)}` : said
}

function isOfRegistry(code: ErrorCode): boolean {
  return code.startsWith('REGISTRY_') || code === 'IMAGE_NOT_FOUND'
}

/** Unknown texts, which may be from a registry, stay in the log. */
export function withoutText(error: unknown, what: string): unknown {
  if (!(error instanceof UnknownText)) return error
  return new AppError(
    error.code,
    `The engine could not ${what}, for an unknown reason, which is only in the log of the server.`,
    { cause: error }
  )
}

/** The engine repeats texts of images and registries: cut to one line of bounded length, without control characters. */
export function plainText(text: string): string {
  // A registry may send megabytes.
  const start = stripVTControlCharacters(text.slice(0, 4 * MAX_TEXT))
  // oxlint-disable-next-line no-control-regex -- the pattern matches them on purpose
  const clean = start.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim()
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean
}
