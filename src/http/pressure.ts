// An overloaded process refuses new requests at once instead of late.

import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'

// The average over a sample. In a shorter one a single pause, such as garbage collection, would look like an overload.
const MAX_DELAY_MS = 1_000
const SAMPLE_MS = 5_000

export async function registerPressure(
  app: FastifyInstance,
  { maxEventLoopDelay = MAX_DELAY_MS, sampleInterval = SAMPLE_MS } = {}
): Promise<void> {
  // The sample that contains the start reflects the start, and so may the next one.
  let judgedFrom = Infinity
  app.addHook('onReady', async () => {
    judgedFrom = performance.now() + 2 * sampleInterval
  })
  await app.register(underPressure, {
    maxEventLoopDelay,
    sampleInterval,
    pressureHandler(request) {
      // Liveness must not fail on a busy server, since a supervisor would restart it.
      if (request.routeOptions.config.scope === 'open') return
      if (performance.now() < judgedFrom) return
      throw new AppError('SERVER_BUSY', 'The server is overloaded.')
    }
  })
}
