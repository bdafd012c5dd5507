import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { EngineStatus } from '../engine/engine.ts'
import { AppError } from '../errors.ts'
import { ref } from '../lib/schema.ts'
import { About, Health } from './schemas.ts'

type Options = { version: string; engineStatus: () => EngineStatus; routes: () => string[] }

export const systemRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { version, engineStatus, routes }) => {
  const tags = ['server']

  app.get(
    '/',
    {
      schema: {
        operationId: 'getAbout',
        tags,
        summary: 'What this is and what it offers',
        response: { 200: ref(About) }
      }
    },
    async () => ({
      name: 'Berth',
      message: 'Docker Orchestration API',
      version,
      docs: '/docs',
      reading_view: '/redoc',
      openapi: '/openapi.json',
      endpoints: routes()
    })
  )

  app.get(
    '/health',
    {
      schema: {
        operationId: 'getHealth',
        tags,
        summary: 'Whether the server lives, and whether the engine answers',
        description: '200 as long as the server lives, also while the engine is away.',
        response: { 200: ref(Health) }
      }
    },
    async () => health(engineStatus())
  )

  app.get(
    '/health/ready',
    {
      schema: {
        operationId: 'getReadiness',
        tags,
        summary: 'Whether the server can do its work',
        description: '503 while the engine does not answer.',
        response: { 200: ref(Health), 503: Type.Any() }
      }
    },
    async () => {
      const status = engineStatus()
      if (!status.available)
        throw new AppError('ENGINE_UNAVAILABLE', `The Docker engine does not answer (${status.reason}).`)
      return health(status)
    }
  )

  function health(status: EngineStatus): Health {
    const uptimeSeconds = Math.round(process.uptime())
    if (!status.available) {
      return {
        status: 'degraded',
        docker: 'unavailable',
        engine: 'unavailable',
        engine_reason: status.reason,
        engine_since: status.since,
        version,
        uptime_seconds: uptimeSeconds
      }
    }
    const { name, version: engineVersion, apiVersion, address, source } = status
    return {
      status: 'healthy',
      docker: 'connected',
      engine: 'available',
      engine_name: name,
      engine_version: engineVersion,
      engine_api_version: apiVersion,
      engine_address: address,
      engine_source: source,
      version,
      uptime_seconds: uptimeSeconds
    }
  }
}
