import type { FastifyInstance } from 'fastify'

/** One line for each request, when it was answered. */
export function registerRequestLog(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method, url } = request
    request.log.info(
      { method, url, status: reply.statusCode, durationMs: Math.round(reply.elapsedTime * 10) / 10 },
      'request'
    )
  })
  app.addHook('onRequestAbort', async (request) => {
    request.log.info({ method: request.method, url: request.url }, 'client went away')
  })
}
