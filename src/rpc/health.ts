// The standard health service: "" is the liveness of this process, and a service name its readiness.

import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import { createChannel } from '../lib/channel.ts'
import { DockerService } from './gen/docker_management_pb.ts'
import { HealthCheckResponse_ServingStatus as Status, type Health } from './gen/grpc/health/v1/health_pb.ts'

/** Whether engine and database answer, and changes of that. */
export type Readiness = { isReady: () => boolean; onChange: (watcher: () => void) => void }

const QUEUE = 16

export function createHealth({ isReady, onChange }: Readiness): ServiceImpl<typeof Health> {
  const changes = createChannel<object>(QUEUE)
  onChange(() => changes.push({}))

  function statusOf(service: string): Status {
    if (service === '') return Status.SERVING
    if (service !== DockerService.typeName) return Status.SERVICE_UNKNOWN
    return isReady() ? Status.SERVING : Status.NOT_SERVING
  }

  return {
    check({ service }) {
      const status = statusOf(service)
      if (status !== Status.SERVICE_UNKNOWN) return { status }
      throw new ConnectError(`There is no service "${service}" here.`, Code.NotFound)
    },

    async *watch({ service }, { signal }) {
      const coming = changes.subscribe(signal)
      let last = statusOf(service)
      yield { status: last }
      for await (const _change of coming) {
        const status = statusOf(service)
        if (status !== last) yield { status }
        last = status
      }
    },

    list: () => ({
      statuses: Object.fromEntries(['', DockerService.typeName].map((name) => [name, { status: statusOf(name) }]))
    })
  }
}
