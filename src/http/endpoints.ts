// The list of routes in OpenAPI, for `GET /`.

import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyInstance {
    endpoints: string[]
  }
}

export function registerEndpoints(app: FastifyInstance): void {
  const endpoints: string[] = []
  app.decorate('endpoints', endpoints)
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (schema && !schema.hide && method !== 'HEAD')
      endpoints.push(`${String(method)} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
  })
}
