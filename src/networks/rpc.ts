import { Type } from '@sinclair/typebox'
import { unary, type DockerMethods } from '../rpc/methods.ts'
import { CreateNetwork, NetworkParams } from './schemas.ts'
import type { NetworkService } from './service.ts'

type Options = { networks: NetworkService }

export function networkRpc({ networks }: Options) {
  return {
    listDockerNetworks: unary({
      operation: 'listNetworks',
      scope: 'read',
      request: Type.Object({}),
      call: async (_request, { caller }) => ({ networks: await networks.list(caller) })
    }),

    createDockerNetwork: unary({
      operation: 'createNetwork',
      scope: 'containers:write',
      request: CreateNetwork,
      call: async (request, { caller }) => ({ network: await networks.create(caller, request) })
    }),

    removeDockerNetwork: unary({
      operation: 'removeNetwork',
      scope: 'containers:write',
      request: NetworkParams,
      call: async ({ name }, { caller }) => {
        const { removed, ...rest } = await networks.remove(caller, name)
        return { success: removed, ...rest }
      }
    })
  } satisfies Partial<DockerMethods>
}
