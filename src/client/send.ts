// Sends a request, with retries if they are safe: the server did nothing, or the request is idempotent.

import { clientError, refusal, type BerthError } from './errors.ts'
import type { Body, HttpRequest } from './request.ts'

export type Fetch = (url: string, init: RequestInit & { duplex?: 'half' }) => Promise<Response>
export type Transport = {
  url: string
  token: (() => string | undefined) | string | undefined
  fetch: Fetch
  /** Attempts in all. */
  tries: number
  userAgent: string
}

/** The server refused these before it did anything. */
const UNTOUCHED = new Set(['SERVER_BUSY', 'TOO_MANY_REQUESTS', 'SERVER_STOPPING'])
const FIRST_PAUSE_MS = 500
/** A longer Retry-After is returned as an error. */
const LONGEST_PAUSE_MS = 30_000

/** The answer, which is no refusal. */
export async function send(
  transport: Transport,
  request: HttpRequest & { signal?: AbortSignal | undefined }
): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const answer = await attemptOnce(transport, request)
    if (answer instanceof Response) return answer
    const pause = answer.retryAfterMs ?? backoff(attempt)
    if (attempt >= transport.tries || pause > LONGEST_PAUSE_MS || !mayRepeat(request, answer)) throw answer
    await wait(pause, request.signal)
  }
}

async function attemptOnce(
  { url, token, fetch, userAgent }: Transport,
  { method, path, headers, body, signal }: HttpRequest & { signal?: AbortSignal | undefined }
): Promise<Response | BerthError> {
  const secret = typeof token === 'function' ? token() : token
  const authorization = secret === undefined ? {} : { authorization: `Bearer ${secret}` }
  const failure: Failure = {}
  try {
    const answer = await fetch(url + path, {
      method,
      headers: { accept: 'application/json', 'user-agent': userAgent, ...authorization, ...headers },
      ...(body && bodyOf(body(), failure)),
      ...(signal && { signal })
    })
    return answer.ok ? answer : await refusal(answer)
  } catch (error) {
    signal?.throwIfAborted()
    // The caller's own content could not be read, which is no error of the server.
    if (failure.ofBody) throw failure.ofBody
    return clientError(
      'SERVER_UNREACHABLE',
      'The server does not answer',
      `${url} does not answer: ${reasonOf(error)}`,
      error
    )
  }
}

type Failure = { ofBody?: Error }

function bodyOf(body: Body, failure: Failure): Pick<RequestInit, 'body'> & { duplex?: 'half' } {
  const isPieces = typeof body === 'object' && Symbol.asyncIterator in body && !(body instanceof ReadableStream)
  return isPieces
    ? { body: streamOf(body, failure), duplex: 'half' }
    : { body: body as NonNullable<RequestInit['body']> }
}

/** Not every runtime has ReadableStream.from. */
function streamOf(body: AsyncIterable<Uint8Array>, failure: Failure): ReadableStream<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next().catch((error: unknown) => {
        failure.ofBody = error instanceof Error ? error : new Error(String(error))
        throw failure.ofBody
      })
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => void (await pieces.return?.())
  })
}

function mayRepeat({ method, headers, isReplayable }: HttpRequest, error: BerthError): boolean {
  if (!isReplayable) return false
  if (UNTOUCHED.has(error.code)) return true
  const isRepeatable = ['GET', 'PUT'].includes(method) || 'idempotency-key' in headers
  // A refused DELETE is retried, too. One whose answer was lost may have been carried out.
  return error.isRetryable && (isRepeatable || (method === 'DELETE' && error.status > 0))
}

/** Half a second, doubled each time, with 25 % jitter. */
export function backoff(attempt: number): number {
  return Math.min(10_000, FIRST_PAUSE_MS * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2)
}

export async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  return cause.message || ('code' in cause ? String(cause.code) : cause.name)
}
