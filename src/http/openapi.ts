// The OpenAPI document and the pages that show it, all from this server's own disk.

import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
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
  { name: 'statistics', description: 'What containers use, live and over the last five minutes.' },
  { name: 'ports', description: 'The host ports that containers are given.' },
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
          'Gives a container its place in the harbour: one call, and a workload runs on its own free port, watched live.',
        license: { name: 'MIT', identifier: 'MIT' }
      },
      servers: [{ url: '/' }],
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'Needed when the server was given BERTH_TOKEN.' }
        }
      },
      security: hasToken ? [{ bearer: [] }] : [{}, { bearer: [] }]
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json.$id === 'string' ? json.$id : `schema-${index}`
    },
    transform: ({ schema, url }) => ({ schema: withProblems(schema ?? {}), url })
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

  registerErrorsPage(app)
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  // It takes tens of milliseconds and never changes while the server runs.
  let page: string | undefined
  app.get('/redoc', { schema: { hide: true } }, async (request, reply) => {
    reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY)
    page ??= renderReadingView(app.swagger() as OpenApiDocument, `${request.protocol}://${request.host}`)
    return page
  })
  app.get('/redoc/style.css', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/css').send(readingViewStyle)
  )
}

/** Every operation may fail in the same form; written here once and not in every route. */
function withProblems<T extends object>(schema: T): T {
  const response = 'response' in schema && typeof schema.response === 'object' ? schema.response : {}
  const problem = {
    description: 'An error, as application/problem+json.',
    content: { 'application/problem+json': { schema: { $ref: `${Problem.$id}#` } } }
  }
  return { ...schema, response: { ...response, '4xx': problem, '5xx': problem } }
}
