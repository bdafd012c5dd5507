// Pages of other origins that the operator allows by name. By default only the server's own pages may read an answer.

import type { FastifyInstance } from 'fastify'

const METHODS = 'GET, POST, PUT, PATCH, DELETE'
const HEADERS =
  'authorization, content-type, idempotency-key, if-none-match, if-range, last-event-id, range, traceparent, x-request-id'
const EXPOSED =
  'content-range, deprecation, etag, link, location, ratelimit, ratelimit-policy, retry-after, traceparent, x-next-cursor, x-request-id, x-total-count'
const REMEMBER_SECONDS = 600

/** Before every authorization: a preflight has no token. */
export function registerCors(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return
  const admitted = new Set(origins)
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers
    reply.header('vary', 'origin')
    if (origin === undefined || !admitted.has(origin)) return
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED,
      'cross-origin-resource-policy': 'cross-origin'
    })
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return
    reply.headers({
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': HEADERS,
      'access-control-max-age': REMEMBER_SECONDS
    })
    await reply.code(204).send()
  })
}
