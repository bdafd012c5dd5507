// The OpenAPI document. The pages that show it: src/pages/.

import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import type { Need } from '../access/scopes.ts'
import { finishDocument } from './openapi-finish.ts'

const TAGS = [
  { name: 'containers', description: 'Create, watch and remove containers.' },
  { name: 'files', description: 'Read, write and remove files in a container.' },
  { name: 'images', description: 'Pull, push, tag and remove images.' },
  { name: 'networks', description: 'Networks on which containers find each other by name.' },
  { name: 'nodes', description: 'Machines of a Docker Swarm.' },
  { name: 'volumes', description: 'Data that outlives containers.' },
  { name: 'statistics', description: 'CPU, memory, network and disk usage, live and over the last five minutes.' },
  { name: 'builds', description: 'Build images from Dockerfiles, then push and run them.' },
  { name: 'ports', description: 'Host ports and who holds them.' },
  { name: 'access', description: 'Tokens, permissions and the audit trail.' },
  { name: 'compat', description: 'Calls of older systems, unchanged. New clients should use `/builds`.' },
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
          'Runs workloads on a Docker engine: one call starts a container on its own free port, with limits and live statistics. ' +
          'In a request body, null means absent unless the field describes another meaning.',
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
      schema: { ...schema, security: needOf(route.config?.scope, hasToken) },
      url
    }),
    transformObject: (made) => finishDocument('openapiObject' in made ? made.openapiObject : made) as never
  })

  app.get('/openapi.json', { config: { scope: 'open' }, schema: { hide: true } }, async () => app.swagger())
}

/** The scope is where OAuth has its own: OpenAPI 3.1 allows that for any kind of token. */
function needOf(scope: Need | undefined, hasToken: boolean): Record<string, string[]>[] {
  if (scope === undefined || scope === 'open') return []
  return hasToken ? [{ bearer: [scope] }] : [{}, { bearer: [scope] }]
}
