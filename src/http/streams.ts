// Server-sent events. A stream ends with its source, with its client, or with the server, and gives the reason.

import { once } from 'node:events'
import { Type, type TSchema } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import type { Caller } from '../access/caller.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { ref } from '../lib/schema.ts'
import { toAppError } from './errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The reason why its event stream ended early. */
    failedStream: ErrorCode | null
    /** The id of the created resource, which a stream cannot put into a header. */
    made: string | null
  }
}

/** `text` is encoded data, shared by many readers. */
export type StreamEvent = { id?: string; event?: string } & ({ data: unknown } | { text: string })
/** The last event of a stream that has an end. */
export const StreamEnd = Type.Object(
  {
    reason: Type.String({ examples: ['exited'] }),
    code: Type.Optional(Type.String({ description: 'Error code, if the stream ended with an error.' }))
  },
  { $id: 'StreamEnd', description: 'Why the stream ended.', additionalProperties: true }
)
export const StreamGap = Type.Object(
  { missed: Type.Integer({ examples: [3] }) },
  { $id: 'StreamGap', description: 'Number of events dropped because the reader was too slow.' }
)
export const STREAM_SCHEMAS = [StreamEnd, StreamGap]

/** Describes a stream in OpenAPI: the data of each event, and an example. */
export function eventsOf(events: Record<string, TSchema>, ...shown: StreamEvent[]) {
  const named = Object.fromEntries(Object.entries(events).map(([event, schema]) => [event, ref(schema)]))
  const text = shown.map(asEvent).join('')
  return {
    description: 'Server-sent events.',
    content: { 'text/event-stream': { schema: { type: 'string', 'x-events': named, examples: [text] } } }
  }
}

export const TEXT_TYPE = 'text/plain; charset=utf-8'
/** The format of a stream for clients that did not ask for events. */
export type StreamForm = { type: string; write: (event: StreamEvent) => string; heartbeat?: string }

type Line = { line: string; timestamp?: string }

/** Each line by `write`, and the end only if it is a failure. */
export function linesOf(type: string, write: (line: Line, event: string | undefined) => string): StreamForm {
  return {
    type,
    write(message) {
      const data = ('data' in message ? message.data : {}) as Line | { reason: string; code?: string }
      if ('line' in data) return write(data, message.event)
      return data.code === undefined ? '' : `berth: ${data.reason}\n`
    }
  }
}

export type Streams = ReturnType<typeof createStreams>

const HEARTBEAT_MS = 15_000
// The time that a reader that does not fetch its last events may delay the shutdown.
const FAREWELL_MS = 200
const HEADERS = {
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff'
}

const EVENTS: StreamForm = {
  type: 'text/event-stream; charset=utf-8',
  write: asEvent,
  heartbeat: ': still here\n\n'
}

/** `admit` counts the streams of a caller. It throws, or returns the function that releases the place. */
export function createStreams({ admit }: { admit: (caller: Caller) => () => void }) {
  const open = new Set<AbortController>()
  let closing = false

  function admitReader({ raw, request }: FastifyReply): void {
    if (!raw.destroyed) raw.once('close', admit(request.caller))
  }

  return {
    /**
     * Sends the items of the source until it ends; the last one may be its own `end`. The source is opened first, so a
     * failure to open it is an ordinary error; its signal aborts when the client disconnects. A slow reader slows only
     * its own source.
     */
    async send<T>(
      reply: FastifyReply,
      openSource: (signal: AbortSignal) => AsyncIterable<T> | Promise<AsyncIterable<T>>,
      toEvent: (item: T) => StreamEvent,
      { type, write, heartbeat: sign }: StreamForm = EVENTS
    ): Promise<void> {
      const life = new AbortController()
      const source = await openSource(life.signal)
      try {
        admitReader(reply)
      } catch (error) {
        life.abort()
        throw error
      }
      reply.hijack()
      const { raw, request } = reply.headers({ ...HEADERS, 'content-type': type })
      // A client that has disconnected needs no end event.
      if (raw.destroyed) return life.abort()
      raw.writeHead(200, reply.getHeaders() as Record<string, string>)
      raw.flushHeaders()
      if (request.method === 'HEAD') {
        life.abort()
        return void raw.end()
      }

      open.add(life)
      if (closing) life.abort()
      raw.on('close', () => life.abort(clientWentAway()))
      const token = request.caller.life
      const stay = whileValid(token, () => life.abort())
      const heartbeat = setInterval(() => {
        if (sign !== undefined && !raw.writableNeedDrain) raw.write(sign)
      }, HEARTBEAT_MS)
      try {
        for await (const item of source) {
          if (life.signal.aborted) break
          if (!raw.write(write(toEvent(item)))) await once(raw, 'drain', { signal: life.signal }).catch(() => {})
        }
        if (closing) raw.write(write({ event: 'end', data: { reason: 'the server is stopping' } }))
        else if (token.aborted) raw.write(write(lastWord(token.reason)))
      } catch (error) {
        if (closing) raw.write(write({ event: 'end', data: { reason: 'the server is stopping' } }))
        else if (!life.signal.aborted || token.aborted) {
          const reason = token.aborted ? token.reason : error
          request.failedStream = toAppError(reason).code
          raw.write(write(lastWord(reason)))
        }
      } finally {
        clearInterval(heartbeat)
        stay()
        open.delete(life)
        // An ended answer releases its socket, which would then be kept alive for the next request.
        const { socket } = raw
        raw.end(() => closing && socket?.destroy())
        if (closing) setTimeout(() => socket?.destroy(), FAREWELL_MS).unref()
      }
    },

    /** For a long answer: aborts with the reason when the client disconnects, its token ends or the server stops. */
    watch(reply: FastifyReply): AbortSignal {
      const life = new AbortController()
      const token = reply.request.caller.life
      const stay = whileValid(token, () => life.abort(token.reason))
      const ended = () => {
        stay()
        open.delete(life)
        if (!reply.raw.writableFinished) life.abort(clientWentAway())
      }
      open.add(life)
      if (closing) life.abort(stopping())
      if (reply.raw.destroyed) ended()
      else reply.raw.on('close', ended)
      return life.signal
    },

    /** Ends every stream and every long answer. Call this before the server waits for its open requests. */
    close(): void {
      closing = true
      for (const life of open) life.abort(stopping())
    }
  }
}

function clientWentAway(): AppError {
  return new AppError('REQUEST_CANCELLED', 'The client disconnected.')
}

/** Returns the function that cancels the wait. */
function whileValid(token: AbortSignal, end: () => void): () => void {
  if (token.aborted) end()
  else token.addEventListener('abort', end, { once: true })
  return () => token.removeEventListener('abort', end)
}

function lastWord(error: unknown): StreamEvent {
  const { code, message } = toAppError(error)
  return { event: 'end', data: { reason: message, code } }
}

function stopping(): AppError {
  return new AppError('SERVER_STOPPING', 'The server is stopping.')
}

function asEvent(message: StreamEvent): string {
  const { id, event } = message
  const head = (id === undefined ? '' : `id: ${id}\n`) + (event === undefined ? '' : `event: ${event}\n`)
  return `${head}data: ${'text' in message ? message.text : JSON.stringify(message.data)}\n\n`
}
