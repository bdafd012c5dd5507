// Server-sent events as async iterators. A read-only stream resumes after a lost connection.

import { createParser, type Message } from './sse.ts'
import type { Calls, Streams } from './api.ts'
import { BerthError, clientError, endError } from './errors.ts'
import { requestOf } from './request.ts'
import { backoff, send, wait, type Transport } from './send.ts'

type EventsOf<S> = { [E in keyof S]: { event: E; data: S[E]; id: string | undefined } }[keyof S]
export type StreamName = keyof Streams & keyof Calls
/** One event of a stream: its name determines the type of its data. */
export type StreamEvent<K extends StreamName> = EventsOf<Streams[K]>
export type StreamOptions = {
  signal?: AbortSignal
  /** The id of the last event, to resume after it. */
  lastEventId?: string
  /** Called when a connection was lost, before the next attempt. */
  onLost?: (error: BerthError) => void
}

/** The last event of a stopping server, which may come back. */
const GOING = 'the server is stopping'

export async function* stream<K extends StreamName>(
  transport: Transport,
  name: K,
  given: Calls[K]['given'] | undefined,
  { signal, lastEventId, onLost }: StreamOptions = {}
): AsyncGenerator<StreamEvent<K>> {
  const request = requestOf(name, given)
  const isRead = request.method === 'GET'
  let lastId = lastEventId
  for (let tries = 0; ;) {
    let lost = clientError(
      'STREAM_LOST',
      'The stream broke off',
      'The connection was lost before the end of the stream.'
    )
    try {
      const resume = lastId === undefined ? {} : { 'last-event-id': lastId }
      const headers = { ...request.headers, ...resume, accept: 'text/event-stream' }
      const answer = await send(transport, { ...request, headers, signal })
      for await (const { id, event, data } of messagesOf(answer)) {
        tries = 0
        lastId = id ?? lastId
        const value: unknown = JSON.parse(data)
        if (event === 'end' && isRead && (value as { reason?: string }).reason === GOING) break
        yield { event, data: value, id } as StreamEvent<K>
        if (event === 'end') return
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof BerthError && !isLoss(error)) throw error
      if (error instanceof BerthError) lost = error
    }
    if (!isRead) throw lost
    onLost?.(lost)
    await wait(backoff(++tries), signal)
  }
}

type TransferName = { [K in StreamName]: Streams[K] extends { result: unknown } ? K : never }[StreamName]
type Progress<K extends TransferName> = Streams[K] extends { progress: infer P } ? P : never
export type TransferOptions<K extends TransferName> = {
  signal?: AbortSignal
  onProgress?: (progress: Progress<K>) => void
}

/** Work with progress; resolves with its result. */
export async function transfer<K extends TransferName>(
  transport: Transport,
  name: K,
  given: Calls[K]['given'],
  { signal, onProgress, idempotencyKey }: TransferOptions<K> & { idempotencyKey?: string | undefined }
): Promise<Calls[K]['answer']> {
  const request = requestOf(name, given)
  const key = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
  const headers = { ...request.headers, ...key, accept: 'text/event-stream' }
  const answer = await send(transport, { ...request, headers, signal })
  // A result that already exists for the same key is returned at once.
  if (answer.headers.get('content-type')?.includes('json')) return (await answer.json()) as Calls[K]['answer']
  let result: Calls[K]['answer'] | undefined
  let end = { reason: 'The connection was lost before the answer.' }
  try {
    for await (const { event, data } of messagesOf(answer)) {
      const value: unknown = JSON.parse(data)
      if (event === 'progress') onProgress?.(value as Progress<K>)
      else if (event === 'result') result = value as Calls[K]['answer']
      else if (event === 'end') end = value as typeof end
    }
  } catch {
    signal?.throwIfAborted()
  }
  if (result === undefined) throw endError(end)
  return result
}

function isLoss({ status, code }: BerthError): boolean {
  return code === 'SERVER_UNREACHABLE' || code === 'STREAM_LOST' || status >= 500
}

async function* messagesOf({ body }: Response): AsyncGenerator<Message> {
  const ready: Message[] = []
  const parse = createParser((message) => ready.push(message))
  const decoder = new TextDecoder()
  if (body === null) return
  for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
    parse(decoder.decode(piece, { stream: true }))
    yield* ready.splice(0)
  }
}
