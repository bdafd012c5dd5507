// The gRPC port: HTTP/2, with TLS if REST has it, open from the start. The first call loads its handler, since most
// servers never get one and would pay for its start and memory.

import { once } from 'node:events'
import http2, {
  type IncomingHttpHeaders,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session
} from 'node:http2'
import type { Socket } from 'node:net'
import { AppError } from '../errors.ts'
import { createConnections } from '../lib/connections.ts'
import { requestId } from '../lib/request-id.ts'
import { secureOptions } from '../lib/tls.ts'
import type { createHandler, HandlerOptions } from './handler.ts'

type Options = Omit<HandlerOptions, 'stopping' | 'log' | 'connections'> & {
  host: string
  /** Undefined without gRPC. */
  port: number | undefined
  tls: { cert: Buffer; key: Buffer } | undefined
  /** The limit of REST; these are fewer. */
  connectionsMax: number
  log: HandlerOptions['log'] & { info(fields: object, message: string): void }
  onAnswered: (labels: { method: string; status: string }, seconds: number) => void
}
type Handler = ReturnType<typeof createHandler>

const STREAMS_PER_CONNECTION = 100
// One costs more memory than one of HTTP/1.1.
const SHARE_OF_CONNECTIONS = 4
// A client whose machine is lost stays silent. Its connection ends after two unanswered pings.
const KEEPALIVE_MS = 30_000
// Notifies open calls that the server stops.
const FAREWELL_MS = 500

const LOGGED_PATH = 200
const LONGEST_TIMER_MS = 2 ** 31 - 1
const UNIT_MS: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1_000 }

const STATUS_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED'
]

export function createRpcServer({ host, port, tls, connectionsMax, onAnswered, ...options }: Options) {
  const { methods, log } = options
  const bare = Object.entries(methods).flatMap(([name, { scope }]) => ((scope as unknown) === undefined ? [name] : []))
  if (bare.length > 0)
    throw new Error(`These gRPC methods declare no scope, so nobody would know who may call them: ${bare.join(', ')}`)

  const stop = new AbortController()
  const sockets = new Set<Socket>()
  const sessions = new Set<ServerHttp2Session>()
  const settings = { maxConcurrentStreams: STREAMS_PER_CONNECTION }
  const server = tls ? http2.createSecureServer({ ...secureOptions(tls), settings }) : http2.createServer({ settings })
  const connections = createConnections(Math.ceil(connectionsMax / SHARE_OF_CONNECTIONS))
  let loading: Promise<Handler> | undefined
  let loaded: Handler | undefined

  async function load(): Promise<Handler> {
    const { createHandler } = await import('./handler.ts')
    loaded = createHandler({ ...options, connections, stopping: stop.signal })
    return loaded
  }

  server.on('connection', (socket) => {
    if (!connections.add(socket)) return
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('session', (session) => {
    sessions.add(session)
    const stopPinging = keepAlive(session)
    session.on('error', () => {})
    session.on('close', () => {
      stopPinging()
      sessions.delete(session)
    })
  })

  server.on('request', (request, response) => {
    const started = performance.now()
    const path = request.url.split('?', 1)[0] ?? ''
    const id = requestId(request)
    request.headers['x-request-id'] = id
    dropEndlessDeadline(request.headers)
    response.on('close', () => {
      const durationMs = performance.now() - started
      const status = statusOf(response)
      // A label lasts as long as the server, so a path invented by a client must not become one.
      const method = loaded?.knows(path) ? path.slice(1) : 'none'
      log.info(
        { requestId: id, method: path.slice(0, LOGGED_PATH), status, durationMs: Math.round(durationMs * 10) / 10 },
        'call'
      )
      onAnswered({ method, status }, durationMs / 1000)
    })
    loading ??= load()
    loading.then(
      (handler) => answer(handler, request, response),
      (error: unknown) => {
        log.error({ err: error, requestId: id }, 'the gRPC services could not be loaded')
        response.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)
      }
    )
  })

  function answer(handler: Handler, request: Http2ServerRequest, response: Http2ServerResponse): void {
    try {
      handler.answer(request, response)
    } catch (error) {
      log.debug({ err: error, requestId: request.headers['x-request-id'] }, 'this is not a call')
      refuse(response)
    }
  }

  return {
    async listen(): Promise<void> {
      if (port === undefined) return
      server.listen({ host, port })
      try {
        await once(server, 'listening')
      } catch (error) {
        const why = error instanceof Error ? error.message.replace(/^listen \w+: /, '') : String(error)
        throw new Error(`gRPC: ${why}. Set BERTH_GRPC_PORT to another port, or to off.`, { cause: error })
      }
    },

    /** Open calls end with UNAVAILABLE at once, without waiting for slow readers. */
    async close(): Promise<void> {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      stop.abort(new AppError('SERVER_STOPPING', 'The server is stopping.'))
      for (const session of sessions) session.close()
      const farewell = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, FAREWELL_MS)
      await closed
      clearTimeout(farewell)
    }
  }
}

/** Requests that cannot be read as a call, such as an invalid `:authority`. The response is valid for gRPC and HTTP. */
function refuse(response: Http2ServerResponse): void {
  if (response.stream.destroyed) return
  const status = {
    'grpc-status': String(STATUS_NAMES.indexOf('INVALID_ARGUMENT')),
    'grpc-message': 'Malformed headers'
  }
  response.writeHead(400, { 'content-type': 'application/grpc', ...status })
  response.end()
}

/** gRPC has the status of a call in its trailers, Connect in the HTTP status. */
function statusOf({ stream, statusCode }: Http2ServerResponse): string {
  const told = stream.sentTrailers?.['grpc-status'] ?? stream.sentHeaders?.['grpc-status']
  if (told !== undefined) return STATUS_NAMES[Number(told)] ?? 'UNKNOWN'
  if (stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR || !stream.headersSent) return 'CANCELLED'
  if (statusCode === 404) return 'UNIMPLEMENTED'
  return statusCode < 400 ? 'OK' : `HTTP_${statusCode}`
}

/** A longer timer would fire at once. A client that allows that long sets no deadline. */
function dropEndlessDeadline(headers: IncomingHttpHeaders): void {
  const [, amount = 0, unit = ''] = /^(\d+)([HMS])$/.exec(String(headers['grpc-timeout'])) ?? []
  if (Number(amount) * (UNIT_MS[unit] ?? 0) > LONGEST_TIMER_MS) delete headers['grpc-timeout']
  if (Number(headers['connect-timeout-ms']) > LONGEST_TIMER_MS) delete headers['connect-timeout-ms']
}

function keepAlive(session: ServerHttp2Session): () => void {
  let unanswered = 0
  const timer = setInterval(() => {
    if (session.destroyed) return
    if (unanswered++ > 1 || !session.ping(() => (unanswered = 0))) session.destroy()
  }, KEEPALIVE_MS)
  timer.unref()
  return () => clearInterval(timer)
}
