import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { LogController } from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import type { Writable } from 'node:stream'

import manifest from '../package.json' with { type: 'json' }
import { aboutRoutes } from './about.ts'
import { faultRoutes } from './faults.ts'
import { loadRoutes } from './load-routes.ts'
import { pageRoutes } from './page.ts'
import { registerProblems } from './problems.ts'
import { trafficRoutes } from './traffic.ts'

type Surroundings = {
  hostPort: number | null
  logger: NonNullable<FastifyServerOptions['logger']>
  output: { stdout: Writable; stderr: Writable }
  exit: (code: number) => void
}

class OneLinePerRequest extends LogController {
  override incomingRequest() {}
  override routeNotFound() {}
  override requestCompleted(_err: Error | null | undefined, request: FastifyRequest, reply: FastifyReply) {
    const ms = Math.round(reply.elapsedTime * 10) / 10
    request.log.info({ method: request.method, url: request.url, status: reply.statusCode, ms }, 'request')
  }
  override defaultErrorLog(err: Error, request: FastifyRequest, reply: FastifyReply) {
    if (reply.statusCode >= 500) request.log.error({ err }, 'request failed')
  }
}

// The page sets inline styles; everything else is as closed as it can be, and nothing asks for https.
const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"

export async function buildApp({ hostPort, logger, output, exit }: Surroundings): Promise<FastifyInstance> {
  const app = fastify({
    logger,
    logController: new OneLinePerRequest(),
    forceCloseConnections: true,
    ajv: { customOptions: { removeAdditional: false } }
  })

  registerProblems(app)

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Base API server', version: manifest.version, description: manifest.description },
      servers: [{ url: '/', description: 'This container' }],
      tags: [
        { name: 'About', description: 'Who answers, and whether it is well.' },
        {
          name: 'Load',
          description: 'Keeps a processor or memory busy, so that there is something to see in the statistics.'
        },
        { name: 'Traffic', description: 'Moves bytes over the network and into the log.' },
        { name: 'Faults', description: 'Ends the process, to see what a crash looks like from outside.' }
      ]
    }
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: docsPolicy,
    logLevel: 'warn',
    theme: { title: 'Base API server' },
    uiConfig: { deepLinking: true, tryItOutEnabled: true }
  })
  app.get('/openapi.json', { schema: { hide: true }, logLevel: 'warn' }, () => app.swagger())

  await app.register(aboutRoutes, { name: manifest.name, version: manifest.version, hostPort })
  await app.register(pageRoutes)
  await app.register(loadRoutes)
  await app.register(trafficRoutes, { output })
  await app.register(faultRoutes, { exit })

  return app
}
