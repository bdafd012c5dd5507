import { Type } from '@sinclair/typebox'
import { unary, type DockerMethods } from '../rpc/methods.ts'
import type { PortService } from './service.ts'

export function portRpc({ ports }: { ports: PortService }) {
  return {
    getDockerPorts: unary({
      operation: 'getPorts',
      scope: 'read',
      request: Type.Object({}),
      call: (_request, { caller }) => ports.overview(caller)
    })
  } satisfies Partial<DockerMethods>
}
