// Records every request that may change something, before its handler runs and when it is answered.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Audit, AuditSubject } from '../access/audit.ts'
import type { ErrorCode } from '../errors.ts'
import { toAppError } from './errors.ts'
import { addressOf, isChange } from './security.ts'

type Trace = { code: ErrorCode | null; attempt: Awaited<ReturnType<Audit['attempt']>> }

export function registerAudit(app: FastifyInstance, audit: Audit): void {
  const traces = new WeakMap<FastifyRequest, Trace>()

  async function begin(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    traces.set(request, { code: null, attempt: await audit.attempt(subjectOf(request)) })
    // No hook answers a WebSocket; it ends with its connection.
    if (request.ws) reply.raw.once('close', () => void traces.get(request)?.attempt.end(request.failedStream))
  }

  async function end(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { attempt, code = null } = traces.get(request) ?? {}
    traces.delete(request)
    const made = String(reply.getHeader('location') ?? '')
      .split('/')
      .at(-1)
    await attempt?.end(code, made || undefined)
  }

  const isAudited = (request: FastifyRequest) => isChange(request) && request.routeOptions.config.scope !== undefined
  app.addHook('preHandler', (request, reply, done) => (isAudited(request) ? begin(request, reply) : done()))

  app.addHook('onError', async (request, _reply, error) => {
    const { code } = toAppError(error)
    const trace = traces.get(request)
    if (trace) trace.code = code
    else await audit.refused(subjectOf(request), code)
  })

  // Before the answer is sent: a client with the answer can find the entry, even after a power failure. An answer that fails
  // here is sent as an error instead.
  app.addHook('onSend', (request, reply, _payload, done) => (traces.has(request) ? end(request, reply) : done()))

  // Streamed responses bypass the hook above.
  app.addHook('onResponse', (request, _reply, done) => {
    const trace = traces.get(request)
    return trace ? trace.attempt.end(request.failedStream, request.made ?? undefined) : done()
  })
}

function subjectOf(request: FastifyRequest): AuditSubject {
  const { config, schema, url } = request.routeOptions
  const { id, reference, name, '*': rest } = (request.params ?? {}) as Record<string, unknown>
  const { image } = (request.body ?? {}) as { image?: unknown }
  const { path } = request.query as { path?: unknown }
  const named = [id, reference, name, rest, image].find((each) => typeof each === 'string')
  // The path of a container's file.
  const object = named !== undefined && typeof path === 'string' ? `${named}:${path}` : named
  return {
    caller: request.caller,
    peer: { address: addressOf(request), door: 'rest' },
    scope: config.scope ?? null,
    action: schema?.operationId ?? `${request.method} ${url ?? 'nothing'}`,
    object: object?.slice(0, 128) ?? null,
    requestId: request.id
  }
}
