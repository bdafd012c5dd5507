import { Type } from '@sinclair/typebox'
import { unary, type DockerMethods } from '../rpc/methods.ts'
import { NodeParams } from './schemas.ts'
import type { NodeService } from './service.ts'

export function nodeRpc({ nodes }: { nodes: NodeService }) {
  return {
    listDockerNodes: unary({
      operation: 'listNodes',
      scope: 'read',
      request: Type.Object({}),
      call: async (_request, { caller }) => ({ nodes: await nodes.list(caller) })
    }),

    getDockerNode: unary({
      operation: 'getNode',
      scope: 'read',
      request: NodeParams,
      call: async ({ id }, { caller }) => ({ node: await nodes.get(caller, id) })
    }),

    drainDockerNode: unary({
      operation: 'drainNode',
      scope: 'admin',
      request: NodeParams,
      call: async ({ id }, { caller }) => ({ node: await nodes.drain(caller, id) })
    }),

    activateDockerNode: unary({
      operation: 'activateNode',
      scope: 'admin',
      request: NodeParams,
      call: async ({ id }, { caller }) => ({ node: await nodes.activate(caller, id) })
    })
  } satisfies Partial<DockerMethods>
}
