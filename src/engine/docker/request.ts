// The only way to the engine: a call with a deadline, a validated answer, and errors with our codes.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { AppError } from '../../errors.ts'
import type { Client } from './client.ts'
import { exchange, readBody, readStart, type Sent } from './exchange.ts'
import { Refusal, UnreadableAnswer } from './failures.ts'
import { describeAddress } from './locate.ts'
import { parseJson } from './schemas/schema.ts'
import { translateError } from './translate-error.ts'

export type EngineRequest<T = unknown> = Sent & {
  /** Names the operation in errors, e.g. "start container". */
  what: string
  /** Checks the JSON of the answer. If absent, the content of the answer is ignored. */
  answer?: ((json: unknown) => T) | undefined
}

const SUCCESS = new Set([200, 201, 202, 204, 304])
const MAX_ANSWER_BYTES = 32 * 1024 ** 2
// An engine repeats texts of a registry, of any length; the reason is at the beginning.
const MAX_REFUSAL_BYTES = 64 * 1024

/** Sends a request and returns its answer. */
export function request<T>(client: Client, asked: EngineRequest<T>): Promise<T> {
  return translated(client, asked, () =>
    exchange(client, asked, async (answer, { reading, piece }) => {
      reading()
      if (!SUCCESS.has(answer.statusCode ?? 0)) throw await refusal(answer, piece)
      const body = await readBody(answer, MAX_ANSWER_BYTES, piece)
      checkType(answer, body, asked.answer === undefined ? /json|^text\/plain/ : /json/)
      // A call with `read` never gets undefined, since its check throws.
      return asked.answer ? asked.answer(parseJson(body.toString('utf8'))) : (undefined as T)
    })
  )
}

/** Opens a stream. The deadline counts until its head arrives; afterwards only the signal ends it. */
export function openStream(client: Client, asked: EngineRequest): Promise<Readable> {
  return translated(client, asked, () =>
    exchange(client, asked, async (answer, { reading, piece }) => {
      if (!SUCCESS.has(answer.statusCode ?? 0)) {
        reading()
        throw await refusal(answer, piece)
      }
      if (/html/i.test(answer.headers['content-type'] ?? '')) throw new UnreadableAnswer('it is a web page')
      endWith(asked.signal, answer)
      return answer
    })
  )
}

export type Head = { isThere: boolean; headers: IncomingHttpHeaders }

/**
 * Returns the headers of a GET without its body, and whether the object exists. An engine gives its reasons in a body,
 * so a refused request is sent again as a GET.
 */
export async function readHead(client: Client, asked: Omit<EngineRequest, 'method'>): Promise<Head> {
  const found = await translated(client, { ...asked, method: 'HEAD' }, () =>
    exchange(client, { ...asked, method: 'HEAD' }, async (answer) => {
      // It has no body, but its socket is reusable only after it was read to its end.
      answer.resume()
      return { statusCode: answer.statusCode ?? 0, headers: answer.headers }
    })
  )
  const { statusCode, headers } = found
  if (statusCode === 404 || SUCCESS.has(statusCode)) return { isThere: statusCode !== 404, headers }
  const stream = await openStream(client, { ...asked, method: 'GET' })
  stream.destroy()
  throw new AppError('ENGINE_ANSWER_INVALID', `The engine refused to ${asked.what} and then did not.`)
}

export async function translated<T>(client: Client, asked: EngineRequest, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw translateError(error, {
      what: asked.what,
      isChange: asked.method !== 'GET' && asked.method !== 'HEAD',
      address: describeAddress(client.address),
      cancelled: asked.signal?.aborted ?? false,
      sendsArchive: asked.upload !== undefined
    })
  }
}

function endWith(signal: AbortSignal | undefined, answer: IncomingMessage): void {
  if (!signal) return
  const end = () => answer.destroy(signal.reason instanceof Error ? signal.reason : new Error('The stream was ended.'))
  signal.addEventListener('abort', end, { once: true })
  answer.once('close', () => signal.removeEventListener('abort', end))
}

/** An engine gives a reason. If something else answers in its place, the outcome is unknown. */
export async function refusal(answer: IncomingMessage, onPiece: () => void): Promise<Error> {
  const { statusCode = 0, headers } = answer
  const text = (await readStart(answer, MAX_REFUSAL_BYTES, onPiece)).toString('utf8').trim()
  const isForeign = statusCode < 400 || /html/i.test(headers['content-type'] ?? '') || text.startsWith('<')
  if (isForeign || (statusCode >= 500 && text === ''))
    return new UnreadableAnswer(`it has status ${statusCode} and does not come from an engine`)
  return new Refusal(statusCode, reasonIn(text))
}

/** Docker sends {message}, Podman {cause, message, response} or, of a push, {errorDetail, error}; both at times a plain text. */
function reasonIn(text: string): string {
  try {
    const json: unknown = JSON.parse(text)
    for (const field of ['message', 'error']) {
      const reason: unknown = typeof json === 'object' && json !== null && Reflect.get(json, field)
      if (typeof reason === 'string') return reason
    }
  } catch {
    // A plain text, or only the beginning of a long message.
  }
  return text.replace(/^\{"message":"/, '')
}

function checkType({ headers }: IncomingMessage, body: Buffer, expected: RegExp): void {
  const type = headers['content-type']
  // Podman names none for the figures of a container.
  if (body.length > 0 && type !== undefined && !expected.test(type))
    throw new UnreadableAnswer(`its content type is "${type}"`)
}
