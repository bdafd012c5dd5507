// The HTTP app: the hooks of every request, and the routes of every feature. It never listens.

import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { TSchema } from '@sinclair/typebox'
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginOptions
} from 'fastify'
import type { Audit } from '../access/audit.ts'
import type { Budget } from '../access/budget.ts'
import type { Caller } from '../access/caller.ts'
import type { Access } from '../access/service.ts'
import type { CheckOrigin } from '../access/request-origin.ts'
import { requestId } from '../lib/request-id.ts'
import type { Validator } from '../lib/validator.ts'
import type { OnBehalf } from '../lib/on-behalf.ts'
import { pageConstraint } from './accept.ts'
import { registerAudit } from './audit.ts'
import { registerClosing } from './closing.ts'
import { boundConnections } from './connections.ts'
import { registerEndpoints } from './endpoints.ts'
import { answerFrameworkError, Problem, registerErrors } from './errors.ts'
import { registerCors } from './cors.ts'
import { registerManners } from './manners.ts'
import { serverOptions } from './listening.ts'
import type { Tls } from '../lib/tls.ts'
import { registerOpenApi } from './openapi.ts'
import { registerPressure } from './pressure.ts'
import { answerRawError, ignoreExpectations } from './raw-errors.ts'
import { registerRequestLog } from './request-log.ts'
import { registerSecurity } from './security.ts'
import { LONGEST_UPLOAD_MS, registerSlowBodies } from './slow-bodies.ts'
import { STREAM_SCHEMAS } from './streams.ts'
import { registerValidation } from './validation.ts'
import { registerWebSockets, type TokenAmong } from './websockets.ts'

/** The HTTP part of a feature. Its routes take their dependencies from the parts. */
export type HttpFeature<Parts extends FastifyPluginOptions> = {
  /** Named schemas of OpenAPI, which others reference. */
  schemas: TSchema[]
  routes: FastifyPluginAsyncTypebox<Parts>
  /** It answers from the inventory, which is unknown before its first read. */
  needsInventory: boolean
}

type Options<Parts extends FastifyPluginOptions> = {
  features: HttpFeature<Parts>[]
  parts: Parts
  /** Resolves after the first reading of the inventory. */
  ready: () => Promise<void>
  observe: (app: FastifyInstance) => void
  access: Access
  admit: CheckOrigin
  corsOrigins: readonly string[]
  audit: Audit
  budget: Budget
  onBehalf: OnBehalf
  tokenAmong: TokenAmong
  connectionsMax: number
  /** The caller before authentication. */
  nobody: Caller
  validator: Validator
  tls: Tls | undefined
  logger: FastifyBaseLogger
  version: string
}

const BODY_BYTES = 256 * 1024

export async function createHttpApp<Parts extends FastifyPluginOptions>(
  options: Options<Parts>
): Promise<FastifyInstance> {
  const { features, parts, ready, observe, access, validator, tls, logger, version } = options
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: (request) => requestId(request),
    frameworkErrors: answerFrameworkError,
    bodyLimit: BODY_BYTES,
    requestTimeout: LONGEST_UPLOAD_MS,
    clientErrorHandler: answerRawError,
    ...serverOptions(tls),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512, constraints: { page: pageConstraint } },
    forceCloseConnections: 'idle'
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.removeContentTypeParser('text/plain')
  const connections = boundConnections(app.server, options.connectionsMax)
  ignoreExpectations(app.server)

  app.decorateRequest('failedStream', null)
  app.decorateRequest('made', null)
  registerErrors(app)
  // Before the other hooks: a request that a later one refuses still has a WebSocket's connection.
  await registerWebSockets(app)
  registerClosing(app)
  registerSlowBodies(app)
  registerValidation(app, validator, sharedSchemas(features))
  registerRequestLog(app)
  registerCors(app, options.corsOrigins)
  registerAudit(app, options.audit)
  registerSecurity(app, { ...options, connections })
  registerEndpoints(app)
  await registerManners(app)
  await registerPressure(app)
  await registerOpenApi(app, { version, hasToken: access.needsToken() })
  observe(app)

  for (const { routes, needsInventory } of features)
    await app.register(async (scope) => {
      if (needsInventory) scope.addHook('preHandler', ready)
      await scope.register(routes, parts)
    })
  return app
}

export function sharedSchemas(features: { schemas: TSchema[] }[]): TSchema[] {
  return [Problem, ...STREAM_SCHEMAS, ...features.flatMap(({ schemas }) => schemas)]
}
