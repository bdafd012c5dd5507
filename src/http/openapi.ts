// The OpenAPI document and the pages that show it, all from this server's own disk.

import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import type { Need } from '../access/scopes.ts'
import { registerErrorsPage } from './errors-page.ts'
import { Problem } from './errors.ts'
import { DOCS_POLICY, PAGE_POLICY } from './page-policy.ts'
import type { OpenApiDocument } from './reading-view/document.ts'
import { renderReadingView } from './reading-view/page.ts'
import { readingViewStyle } from './reading-view/style.ts'

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="110" height="40"><text x="0" y="29" font-family="sans-serif" font-size="28" font-weight="700" fill="#fff">Berth</text></svg>'
const TAGS = [
  { name: 'containers', description: 'Make, watch and end containers.' },
  { name: 'images', description: 'What containers are made from: pull, push, name, remove.' },
  { name: 'networks', description: 'On which containers find each other by name.' },
  { name: 'statistics', description: 'What containers use, live and over the last five minutes.' },
  { name: 'builds', description: 'Make images from Dockerfiles, push and run them.' },
  { name: 'ports', description: 'The host ports that containers are given.' },
  { name: 'access', description: 'Who may do what, and who did.' },
  { name: 'compat', description: 'The calls of older systems, as they were. New clients use `/builds`.' },
  { name: 'server', description: 'The server itself.' }
]

export async function registerOpenApi(
  app: FastifyInstance,
  { version, hasToken }: { version: string; hasToken: boolean }
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Berth',
        version,
        description:
          'Gives a container its place in the harbour: one call, and a workload runs on its own free port, watched live. ' +
          'In the body of a request, null means absent where a field describes no other meaning.',
        license: { name: 'MIT', identifier: 'MIT' }
      },
      servers: [{ url: '/' }],
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'BERTH_TOKEN or a token made with `POST /tokens`. Each operation names the scope it needs.'
          }
        }
      }
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json.$id === 'string' ? json.$id : `schema-${index}`
    },
    transform: ({ schema, url, route }) => ({
      schema: { ...withProblems(schema ?? {}), security: needOf(route.config?.scope, hasToken) },
      url
    })
  })

  await app.register(async (pages) => {
    pages.addHook('onRoute', (route) => {
      route.config = { ...route.config, scope: 'open' }
    })
    await pages.register(swaggerUi, {
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
  })

  registerErrorsPage(app)
  app.get('/openapi.json', { config: { scope: 'open' }, schema: { hide: true } }, async () => app.swagger())
  // It takes tens of milliseconds and never changes while the server runs.
  let page: string | undefined
  app.get('/redoc', { config: { scope: 'open' }, schema: { hide: true } }, async (request, reply) => {
    reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY)
    page ??= renderReadingView(app.swagger() as OpenApiDocument, `${request.protocol}://${request.host}`)
    return page
  })
  app.get('/redoc/style.css', { config: { scope: 'open' }, schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/css').send(readingViewStyle)
  )
}

/** The scope stands where OAuth has its own: OpenAPI 3.1 allows that for any kind of token. */
function needOf(scope: Need | undefined, hasToken: boolean): Record<string, string[]>[] {
  if (scope === undefined || scope === 'open') return []
  return hasToken ? [{ bearer: [scope] }] : [{}, { bearer: [scope] }]
}

/** Every operation may fail in the same form; written here once and not in every route. */
function withProblems<T extends object>(schema: T): T {
  const response = 'response' in schema && typeof schema.response === 'object' ? schema.response : {}
  const problem = {
    description: 'An error, as application/problem+json.',
    content: { 'application/problem+json': { schema: { $ref: `${Problem.$id}#` } } }
  }
  return { ...schema, response: { '4xx': problem, '5xx': problem, ...response } }
}
