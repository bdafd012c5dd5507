import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { hostname } from 'node:os'

import { PAGE_HEADERS, renderPage } from './page.ts'
import { Health, Root } from './schemas.ts'

type Paths = Record<string, Record<string, { summary?: string }>>
type Identity = { name: string; version: string; hostPort: number | null }

export const aboutRoutes: FastifyPluginAsyncTypebox<Identity> = async (app, { name, version, hostPort }) => {
  const page = renderPage({ name, version, hostPort })
  app.get(
    '/',
    {
      schema: {
        operationId: 'getRoot',
        tags: ['About'],
        summary: 'Says who answers and what it can do',
        response: { 200: Root }
      }
    },
    async ({ headers }, reply) => {
      reply.header('vary', 'accept')
      // A browser asks for a page; whoever asks for nothing gets the facts.
      if (headers.accept?.includes('text/html'))
        return reply
          .headers(PAGE_HEADERS)
          .serializer(String)
          .send(page as never)
      return {
        name,
        version,
        hostname: hostname(),
        host_port: hostPort,
        uptime_seconds: uptime(),
        endpoints: endpoints(app.swagger().paths as Paths)
      }
    }
  )

  app.get(
    '/health',
    {
      // Asked every few seconds for as long as the container lives: not worth a line each time.
      logLevel: 'warn',
      schema: {
        operationId: 'getHealth',
        tags: ['About'],
        summary: 'Answers while the process runs',
        description: 'Answers under load too: whatever `/load` does, it does off the event loop.',
        response: { 200: Health }
      }
    },
    () => ({ status: 'healthy' as const, uptime_seconds: uptime() })
  )
}

const uptime = () => Math.round(process.uptime() * 10) / 10

function endpoints(paths: Paths): Record<string, string> {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary = '' }]) => [`${method.toUpperCase()} ${path}`, summary])
  )
  return Object.fromEntries(routes)
}
