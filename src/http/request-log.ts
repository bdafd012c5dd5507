import type { FastifyInstance } from 'fastify'
import { traceOf } from './manners.ts'

/** One line for each request, when it was answered. */
export function registerRequestLog(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method } = request
    const traceId = traceOf(request.headers)
    request.log.info(
      {
        method,
        path: pathOf(request.url),
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 10) / 10,
        ...(traceId !== undefined && { traceId })
      },
      'request'
    )
    done()
  })
  app.addHook('onRequestAbort', async (request) => {
    request.log.info({ method: request.method, path: pathOf(request.url) }, 'client went away')
  })
}

/** Without the query, since people send tokens in it. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url
}
