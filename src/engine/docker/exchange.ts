// One request and its answer. An exchange always ends within its deadline, and a socket whose answer was not read to its end
// is destroyed.

import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { Client, Outgoing } from './client.ts'
import { TimeoutError, UnreadableAnswer } from './failures.ts'

export type Sent = Outgoing & {
  /** Sent as JSON. */
  body?: unknown
  /** A tar file to send in place of a body. */
  upload?: Readable | undefined
  /** Until the head of the answer. */
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/** Reads the answer. Calls `reading` when its body starts, and `piece` for each piece. */
type Take<T> = (answer: IncomingMessage, clocks: { reading(): void; piece(): void }) => Promise<T>

// An engine completes its answer before it sends the head, so only the transfer remains.
const BODY_MS = 10_000
const PIECE_MS = 5_000

export async function exchange<T>(client: Client, sent: Sent, take: Take<T>): Promise<T> {
  const failed = Promise.withResolvers<never>()
  let call = open(client, sent)
  const answered = async () => {
    try {
      return await answerTo(call)
    } catch (error) {
      if (!isStale(call, error)) throw error
      client.closeIdle()
      call = open(client, sent)
      return answerTo(call)
    }
  }
  const end = (error: Error) => {
    call.destroy(error)
    failed.reject(error)
  }
  const late = () => end(new TimeoutError())
  const cancel = () => end(new DOMException('The request was cancelled.', 'AbortError'))
  const timers = [setTimeout(late, sent.timeoutMs)]
  const clocks = {
    reading() {
      for (const timer of timers) clearTimeout(timer)
      timers.push(setTimeout(late, BODY_MS), setTimeout(late, PIECE_MS))
    },
    piece() {
      timers.at(-1)?.refresh()
    }
  }
  sent.signal?.addEventListener('abort', cancel, { once: true })
  if (sent.signal?.aborted) cancel()
  try {
    return await Promise.race([failed.promise, answered().then((answer) => take(answer, clocks))])
  } catch (error) {
    call.destroy()
    throw error
  } finally {
    for (const timer of timers) clearTimeout(timer)
    sent.signal?.removeEventListener('abort', cancel)
  }
}

/** The whole body, up to that size. */
export async function readBody(answer: IncomingMessage, maxBytes: number, onPiece: () => void): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    onPiece()
    size += piece.length
    if (size > maxBytes) throw new UnreadableAnswer(`it is larger than ${maxBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** The beginning of a body of any size. The rest is dropped with the connection. */
export async function readStart(answer: IncomingMessage, bytes: number, onPiece: () => void): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    onPiece()
    size += piece.length
    pieces.push(piece)
    if (size >= bytes) break
  }
  return Buffer.concat(pieces).subarray(0, bytes)
}

function open(client: Client, { body, upload, ...outgoing }: Sent) {
  const json = body === undefined ? undefined : JSON.stringify(body)
  const call = client.send({
    ...outgoing,
    headers: {
      ...outgoing.headers,
      ...(json !== undefined && {
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(json))
      }),
      ...(upload && { 'Content-Type': 'application/tar' })
    }
  })
  if (!upload) return call.end(json)
  upload.on('error', (error) => call.destroy(error))
  upload.on('close', () => upload.readableEnded || call.destroy(new Error('what was to be sent ended early')))
  return upload.pipe(call)
}

/** A read sent on a pooled socket while the engine closed it. The other idle sockets may be as old. */
function isStale({ method, reusedSocket }: ClientRequest, error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return method === 'GET' && reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE')
}

function answerTo(call: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    call.on('response', (answer: IncomingMessage) => {
      // The reader gets the error, too; without a listener, an error between two reads would end the process.
      answer.on('error', reject)
      resolve(answer)
    })
    call.on('error', reject)
    call.on('close', () => reject(new Error('socket hang up')))
  })
}
