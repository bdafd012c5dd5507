import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { ref } from '../lib/schema.ts'
import { Node, NodeParams } from './schemas.ts'
import type { NodeService } from './service.ts'

const tags = ['nodes']

export const nodeRoutes: FastifyPluginAsyncTypebox<{ nodes: NodeService }> = async (app, { nodes }) => {
  app.get(
    '/nodes',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listNodes',
        tags,
        summary: 'List nodes',
        description: 'Lists the machines of the Swarm and the containers that run on them. 409 on a single engine.',
        response: { 200: Type.Array(ref(Node), { description: 'All nodes.' }) }
      }
    },
    async ({ caller }) => nodes.list(caller)
  )

  app.get(
    '/nodes/:id',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getNode',
        tags,
        summary: 'Show a node',
        description: 'Returns one machine by its id or host name.',
        params: NodeParams,
        response: { 200: ref(Node) }
      }
    },
    async (request) => nodes.get(request.caller, request.params.id)
  )

  app.post(
    '/nodes/:id/drain',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'drainNode',
        tags,
        summary: 'Drain a node',
        description:
          'Moves its containers to other nodes, and keeps new ones away. Returns at once, while the containers move one by one.',
        params: NodeParams,
        response: { 200: ref(Node) }
      }
    },
    async (request) => nodes.drain(request.caller, request.params.id)
  )

  app.post(
    '/nodes/:id/activate',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'activateNode',
        tags,
        summary: 'Activate a node',
        description: 'Ends a drain: the node accepts containers again. The moved ones do not return.',
        params: NodeParams,
        response: { 200: ref(Node) }
      }
    },
    async (request) => nodes.activate(request.caller, request.params.id)
  )
}
