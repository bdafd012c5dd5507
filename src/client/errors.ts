// Every error is a BerthError. Its code is one of the API's, or one of the few that only a client has.

import { STATUSES, type ErrorCode, type Problem } from './api.ts'

/** SERVER_UNREACHABLE: no answer came. STREAM_LOST: it broke off. NO_PROBLEM: the answer was not of a Berth. */
type ClientCode = 'SERVER_UNREACHABLE' | 'STREAM_LOST' | 'NO_PROBLEM'
export type BerthErrorCode = ErrorCode | ClientCode

type Given = { cause?: unknown; retryAfterMs?: number | undefined; body?: object | undefined }

export class BerthError extends Error {
  override readonly name = 'BerthError'
  readonly problem: Problem
  /** The delay in milliseconds after which a retry may succeed, according to the server. */
  readonly retryAfterMs: number | undefined
  /** The JSON of a response that is not problem details, such as an MCP error. */
  readonly body: object | undefined

  constructor(problem: Problem, { cause, retryAfterMs, body }: Given = {}) {
    super(problem.detail, { cause })
    this.problem = problem
    this.retryAfterMs = retryAfterMs
    this.body = body
  }

  /** A server that is newer than this client may send a code that is not in the type. */
  get code(): BerthErrorCode {
    return this.problem.code as BerthErrorCode
  }

  /** The HTTP status; 0 without an answer. */
  get status(): number {
    return this.problem.status
  }

  get isRetryable(): boolean {
    return this.problem.retryable
  }
}

/** Whether it is a refusal, with one of these codes if any are named. */
export function isBerthError(error: unknown, ...codes: BerthErrorCode[]): error is BerthError {
  return error instanceof BerthError && (codes.length === 0 || codes.includes(error.code))
}

export function clientError(code: ClientCode, title: string, detail: string, cause?: unknown): BerthError {
  return new BerthError({ type: '', title, status: 0, detail, code, retryable: true, request_id: '' }, { cause })
}

/** The error that a stream or a transfer ended with. */
export function endError({ reason, code }: { reason: string; code?: string }): BerthError {
  if (code === undefined) return clientError('STREAM_LOST', 'The stream ended', reason)
  const type = `/docs/errors#${code.toLowerCase()}`
  // A newer server may know codes that this client does not.
  const status = (STATUSES as Record<string, number>)[code] ?? 500
  return new BerthError({
    type,
    title: 'It failed',
    status,
    detail: reason,
    code,
    retryable: status >= 500,
    request_id: ''
  })
}

export async function refusal(answer: Response): Promise<BerthError> {
  const text = await answer.text().catch(() => '')
  const retryAfterMs = retryAfter(answer.headers.get('retry-after'))
  const body = jsonOf(text)
  if (typeof (body as Problem | undefined)?.code === 'string') return new BerthError(body as Problem, { retryAfterMs })
  const detail = `${answer.url} answered ${answer.status} without a problem: is that a Berth?`
  const problem = { type: '', title: 'Not an answer of Berth', status: answer.status, detail, code: 'NO_PROBLEM' }
  return new BerthError({ ...problem, retryable: answer.status >= 500, request_id: '' }, { retryAfterMs, body })
}

function jsonOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  const seconds = Number(header)
  return Number.isFinite(seconds) ? seconds * 1_000 : Math.max(0, Date.parse(header) - Date.now()) || undefined
}
