import { Type } from '@sinclair/typebox'
import { after, unary, type DockerMethods } from '../rpc/methods.ts'
import type { PortService } from './service.ts'

export function portRpc({ ports, ready }: { ports: PortService; ready: () => Promise<void> }) {
  return after(ready, {
    getDockerPorts: unary({
      operation: 'getPorts',
      scope: 'read',
      request: Type.Object({}),
      call: () => ports.overview()
    })
  } satisfies Partial<DockerMethods>)
}
