// Pages for people, all from this server's own disk: Swagger UI, the reading view, the errors.

import swaggerUi from '@fastify/swagger-ui'
import type { FastifyPluginAsync } from 'fastify'
import { DOCS_POLICY, PAGE_POLICY } from './content-policy.ts'
import { renderErrors } from './errors.ts'
import type { OpenApiDocument } from './reading-view/document.ts'
import { renderReadingView } from './reading-view/page.ts'
import { readingViewStyle } from './reading-view/style.ts'

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="110" height="40"><text x="0" y="29" font-family="sans-serif" font-size="28" font-weight="700" fill="#fff">Berth</text></svg>'
const HTML = 'text/html; charset=utf-8'
const schema = { hide: true }

export const pageRoutes: FastifyPluginAsync = async (app) => {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, scope: 'open' }
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_POLICY,
    theme: { title: 'Berth API' },
    logo: { type: 'image/svg+xml', content: Buffer.from(LOGO), href: '/redoc', target: '_self' },
    uiConfig: {
      docExpansion: 'list',
      deepLinking: true,
      tryItOutEnabled: true,
      validatorUrl: null,
      displayRequestDuration: true
    }
  })

  // They take tens of milliseconds and never change while the server runs.
  let errors: string | undefined
  let readingView: string | undefined

  app.get('/docs/errors', { schema }, async (_request, reply) => {
    errors ??= renderErrors()
    return reply.type(HTML).header('content-security-policy', PAGE_POLICY).send(errors)
  })
  app.get('/redoc', { schema }, async (request, reply) => {
    readingView ??= renderReadingView(app.swagger() as OpenApiDocument, `${request.protocol}://${request.host}`)
    return reply.type(HTML).header('content-security-policy', PAGE_POLICY).send(readingView)
  })
  app.get('/redoc/style.css', { schema }, async (_request, reply) => reply.type('text/css').send(readingViewStyle))
}
