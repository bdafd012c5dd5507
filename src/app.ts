// Everything this server is made of, in order. It never listens and never reads the environment.

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { createAttempts } from './containers/attempts.ts'
import { createCreator } from './containers/create.ts'
import { createExpiry } from './containers/expiry.ts'
import { createInventory } from './containers/inventory.ts'
import { createReplacer } from './containers/replace.ts'
import { containerRoutes } from './containers/routes.ts'
import * as containerSchemas from './containers/schemas.ts'
import { createContainerService } from './containers/service.ts'
import { isManaged } from './containers/view.ts'
import { createWaiting } from './containers/wait.ts'
import type { Engine } from './engine/engine.ts'
import { Problem, registerErrors } from './http/errors.ts'
import { registerOpenApi } from './http/openapi.ts'
import { registerRequestLog, requestId } from './http/request-log.ts'
import { registerSecurity } from './http/security.ts'
import { createStreams } from './http/streams.ts'
import { registerValidation } from './http/validation.ts'
import { createImageService } from './images/service.ts'
import { createAllocator } from './ports/allocator.ts'
import type { Listeners } from './ports/listeners.ts'
import { portRoutes } from './ports/routes.ts'
import { PortOverview } from './ports/schemas.ts'
import { createPortService } from './ports/service.ts'
import type { Store } from './store/open.ts'
import { systemRoutes } from './system/routes.ts'
import { About, Health } from './system/schemas.ts'

export type AppDeps = {
  config: Config
  engine: Engine
  store: Store
  listeners: Listeners
  logger: FastifyBaseLogger
  version: string
  /** The container this server runs in, if it does. */
  ownId: string | undefined
}

const SHARED_SCHEMAS = [Problem, About, Health, PortOverview, ...containerSchemas.SHARED_SCHEMAS]
const BODY_BYTES = 256 * 1024

export async function buildApp({
  config,
  engine,
  store,
  listeners,
  logger,
  version,
  ownId
}: AppDeps): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: (request) => requestId(request),
    bodyLimit: BODY_BYTES,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    forceCloseConnections: 'idle'
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.removeContentTypeParser('text/plain')

  const { instanceId } = store
  const publishHost = config.publishHost ?? config.host
  const inventory = createInventory({ engine, log: logger })
  const allocator = createAllocator({ range: config.portRange, reserved: reservedPorts(config) })
  const ports = createPortService({ allocator, listeners, inventory, isManaged })
  const images = createImageService({ engine, onImagesChanged: inventory.onImages })
  const waiting = createWaiting({ inventory, engine, probeHost: config.probeHost })
  const attempts = createAttempts({ engine, inventory, table: store.intents, log: logger })
  const expiry = createExpiry({
    inventory,
    table: store.expiries,
    instanceId,
    remove: (id) => containers.removeExpired(id),
    log: logger
  })
  const creator = createCreator({
    engine,
    inventory,
    ports,
    attempts,
    waiting,
    expiry,
    images,
    config,
    instanceId,
    publishHost
  })
  const replacer = createReplacer({ engine, inventory, ports, attempts, expiry })
  const containers = createContainerService({
    engine,
    inventory,
    ports,
    creator,
    replacer,
    waiting,
    expiry,
    config,
    ownId
  })
  const streams = createStreams()
  const endpoints: string[] = []

  registerErrors(app)
  registerValidation(app, SHARED_SCHEMAS)
  registerRequestLog(app)
  registerSecurity(app, config)
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (schema && !schema.hide && method !== 'HEAD')
      endpoints.push(`${String(method)} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
  })
  await registerOpenApi(app, { version, hasToken: config.token !== undefined })

  await app.register(systemRoutes, { version, engineStatus: engine.status, routes: () => endpoints })
  await app.register(containerRoutes, { containers, streams })
  await app.register(portRoutes, { ports })

  app.addHook('onReady', async () => {
    inventory.start()
    expiry.start()
  })
  app.addHook('preClose', async () => streams.close())
  app.addHook('onClose', async () => {
    expiry.stop()
    inventory.stop()
  })
  return app
}

function reservedPorts({ port, reservedPorts: configured }: Config): Map<number, string> {
  return new Map([
    ...configured.map((reserved) => [reserved, 'reserved by BERTH_RESERVED_PORTS'] as const),
    [port, 'the API itself'] as const
  ])
}
