import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

import { Exit, Exiting, Problem } from './schemas.ts'

export const faultRoutes: FastifyPluginAsyncTypebox<{ exit: (code: number) => void }> = async (app, { exit }) => {
  app.addHook('preValidation', async (request) => void (request.body ??= {}))

  app.post(
    '/exit',
    {
      schema: {
        operationId: 'exit',
        tags: ['Faults'],
        summary: 'Ends the process with an exit code',
        description: 'What happens next is up to the restart policy of the container.',
        body: Exit,
        response: { 202: Exiting, 400: Problem, default: Problem }
      }
    },
    ({ body: { code } }, reply) => {
      reply.raw.once('finish', () => exit(code))
      reply.code(202)
      return { code }
    }
  )
}
