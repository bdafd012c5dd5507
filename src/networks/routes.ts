import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { ref } from '../lib/schema.ts'
import { CreateNetwork, Network, NetworkParams, RemovedNetwork } from './schemas.ts'
import type { NetworkService } from './service.ts'

const tags = ['networks']
const write = { scope: 'containers:write' } as const

export const networkRoutes: FastifyPluginAsyncTypebox<{ networks: NetworkService }> = async (app, { networks }) => {
  app.get(
    '/networks',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listNetworks',
        tags,
        summary: 'List networks',
        description: 'Lists the networks that the caller may see, and whether containers can join them.',
        response: { 200: Type.Array(ref(Network), { description: 'All networks, the engine’s own included.' }) }
      }
    },
    async ({ caller }) => networks.list(caller)
  )

  app.post(
    '/networks',
    {
      config: write,
      schema: {
        operationId: 'createNetwork',
        tags,
        summary: 'Create a network',
        description:
          'A bridge on which containers find each other by name: pass it as `network` when you create them. Names are unique; a duplicate returns 409.',
        body: ref(CreateNetwork),
        response: { 201: ref(Network) }
      }
    },
    async (request, reply) => {
      const network = await networks.create(request.caller, request.body)
      reply.header('location', `/networks/${network.name}`)
      return reply.code(201).send(network)
    }
  )

  app.delete(
    '/networks/:name',
    {
      config: write,
      schema: {
        operationId: 'removeNetwork',
        tags,
        summary: 'Remove a network',
        description: 'Removes only networks that Berth created and that no container is connected to.',
        params: NetworkParams,
        response: { 200: ref(RemovedNetwork) }
      }
    },
    async (request) => networks.remove(request.caller, request.params.name)
  )
}
