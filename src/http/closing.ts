// A stopping server waits for its open requests, and each of their connections would be kept alive for the next one.

import type { FastifyInstance } from 'fastify'

export function registerClosing(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', async () => void (isClosing = true))
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) reply.header('connection', 'close')
    done()
  })
}
