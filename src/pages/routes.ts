// Pages for people, all from this server's own disk: the dashboard, Swagger UI, the reading view, the errors.

import swaggerUi from '@fastify/swagger-ui'
import type { FastifyPluginAsync } from 'fastify'
import { dashboardRoutes, isBuilt, type Dashboard } from './routes-dashboard.ts'
import { DOCS_POLICY, HOME_POLICY, PAGE_POLICY, READING_POLICY } from './content-policy.ts'
import { renderErrors } from './errors.ts'
import { docsScript, homeScript, renderHome } from './home.ts'
import type { OpenApiDocument } from './reading-view/document.ts'
import { renderReadingView } from './reading-view/page.ts'
import { readingViewScript } from './reading-view/script.ts'
import { readingViewStyle } from './reading-view/style.ts'

const HTML = 'text/html; charset=utf-8'
const schema = { hide: true }

// A placeholder for the host name that the reader uses for this server.
const ORIGIN = 'http://name-of-this-server.invalid'

export const pageRoutes: FastifyPluginAsync<{ dashboard: Dashboard }> = async (app, { dashboard }) => {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, scope: 'open' }
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_POLICY,
    theme: { title: 'Berth API', js: [{ filename: 'tab-token.js', content: docsScript }] },
    uiConfig: {
      // Without the bar for other documents.
      layout: 'BaseLayout',
      filter: true,
      docExpansion: 'list',
      deepLinking: true,
      tryItOutEnabled: true,
      validatorUrl: null,
      displayRequestDuration: true
    }
  })

  await app.register(dashboardRoutes, { dashboard })

  // They take tens of milliseconds and never change while the server runs.
  let errors: string | undefined
  let readingView: string | undefined

  // `Accept` decides; other clients get the JSON of src/system/routes.ts.
  app.get('/', { schema, constraints: { page: 'yes' } }, async (request, reply) => {
    reply.header('vary', 'accept')
    // A page that only asks for a token is no use as a home page.
    if (!dashboard.needsToken() && isBuilt(dashboard)) return reply.redirect('/dashboard')
    return reply
      .type(HTML)
      .header('content-security-policy', HOME_POLICY)
      .send(renderHome(`${request.protocol}://${request.host}`))
  })
  app.get('/home.js', { schema }, async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(homeScript)
  )
  app.get('/docs/errors', { schema }, async (_request, reply) => {
    errors ??= renderErrors()
    return reply.type(HTML).header('content-security-policy', PAGE_POLICY).send(errors)
  })
  app.get('/redoc', { schema }, async (request, reply) => {
    readingView ??= renderReadingView(app.swagger() as OpenApiDocument, ORIGIN)
    return reply
      .type(HTML)
      .header('content-security-policy', READING_POLICY)
      .send(readingView.replaceAll(ORIGIN, `${request.protocol}://${request.host}`))
  })
  app.get('/redoc/page.js', { schema }, async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(readingViewScript)
  )
  app.get('/redoc/style.css', { schema }, async (_request, reply) => reply.type('text/css').send(readingViewStyle))
}
