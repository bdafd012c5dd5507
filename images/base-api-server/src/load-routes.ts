import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

import { Loads } from './loads.ts'
import type { Demand } from './loads.ts'
import * as schemas from './schemas.ts'

const MOST = 8

export const loadRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const loads = new Loads((err) => app.log.warn({ err }, 'load failed'))
  app.addHook('onClose', async () => void (await loads.end()))
  // No body is an empty one: every field has a default, or its absence gets a clear answer.
  app.addHook('preValidation', async (request) => void (request.body ??= {}))

  const start = (demand: Demand, seconds: number) => {
    if (loads.count < MOST) return loads.start(demand, seconds)
    throw Object.assign(new Error(`${MOST} loads are running, and no more fit.`), { statusCode: 409 })
  }
  const answers = { 202: schemas.Load, 400: schemas.Problem, 409: schemas.Problem, default: schemas.Problem }

  app.post(
    '/load/cpu',
    {
      schema: {
        operationId: 'startCpuLoad',
        tags: ['Load'],
        summary: 'Keeps a processor core busy',
        description: `One thread at the asked share of a core. At most ${MOST} loads run at a time.`,
        body: schemas.CpuLoad,
        response: answers
      }
    },
    ({ body: { percent, seconds } }, reply) => {
      reply.code(202)
      return start({ kind: 'cpu', percent }, seconds)
    }
  )

  app.post(
    '/load/memory',
    {
      schema: {
        operationId: 'startMemoryLoad',
        tags: ['Load'],
        summary: 'Holds memory, then gives it back',
        body: schemas.MemoryLoad,
        response: answers
      }
    },
    ({ body: { megabytes, seconds } }, reply) => {
      reply.code(202)
      return start({ kind: 'memory', megabytes }, seconds)
    }
  )

  app.get(
    '/load',
    {
      schema: {
        operationId: 'listLoads',
        tags: ['Load'],
        summary: 'Lists what is running',
        response: { 200: schemas.Loads }
      }
    },
    () => ({ loads: loads.list(), rss_megabytes: Math.round(process.memoryUsage.rss() / 1024 ** 2) })
  )

  app.delete(
    '/load',
    {
      schema: {
        operationId: 'endLoads',
        tags: ['Load'],
        summary: 'Ends every load',
        response: { 200: schemas.Ended }
      }
    },
    async () => ({ ended: await loads.end() })
  )
}
