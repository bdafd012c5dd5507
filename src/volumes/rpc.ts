import { Type } from '@sinclair/typebox'
import { unary, type DockerMethods } from '../rpc/methods.ts'
import { CreateVolume, VolumeParams } from './schemas.ts'
import type { VolumeService } from './service.ts'

type Options = { volumes: VolumeService }

export function volumeRpc({ volumes }: Options) {
  return {
    listDockerVolumes: unary({
      operation: 'listVolumes',
      scope: 'read',
      request: Type.Object({}),
      call: async (_request, { caller }) => ({ volumes: await volumes.list(caller) })
    }),

    getDockerVolume: unary({
      operation: 'getVolume',
      scope: 'read',
      request: VolumeParams,
      call: async ({ name }, { caller }) => ({ volume: await volumes.get(caller, name) })
    }),

    createDockerVolume: unary({
      operation: 'createVolume',
      scope: 'containers:write',
      request: CreateVolume,
      call: async (request, { caller }) => ({ volume: await volumes.create(caller, request) })
    }),

    removeDockerVolume: unary({
      operation: 'removeVolume',
      scope: 'containers:write',
      request: VolumeParams,
      call: async ({ name }, { caller }) => {
        const { removed, ...rest } = await volumes.remove(caller, name)
        return { success: removed, ...rest }
      }
    })
  } satisfies Partial<DockerMethods>
}
