// The server in memory, called over a real gRPC port by Connect's own client.

import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import type { Test } from 'tap'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema
} from '../../src/rpc/gen/google/rpc/error_details_pb.ts'
import { build } from './build.ts'
import { freePort } from './port-ranges.ts'

/** Like `build`, with an open gRPC port and a client for it. */
export async function buildRpc(t: Test, { env = {}, ...given }: NonNullable<Parameters<typeof build>[1]> = {}) {
  const port = freePort()
  const built = await build(t, { ...given, env: { BERTH_GRPC_PORT: String(port), ...env } })
  const transport = transportTo(port)
  return { ...built, port, transport, docker: createClient(DockerService, transport) }
}

export function transportTo(port: number, headers: Record<string, string> = {}) {
  return createGrpcTransport({
    baseUrl: `http://127.0.0.1:${port}`,
    interceptors: [
      (next) => (request) => {
        for (const [name, value] of Object.entries(headers)) request.header.set(name, value)
        return next(request)
      }
    ]
  })
}

/** The refusal of a call, with all its details. */
export async function refusal(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (failed: unknown) => failed
  )
  if (!(error instanceof ConnectError)) throw new Error(`not refused: ${String(error)}`)
  const [info] = error.findDetails(ErrorInfoSchema)
  const [bad] = error.findDetails(BadRequestSchema)
  const [retry] = error.findDetails(RetryInfoSchema)
  const [request] = error.findDetails(RequestInfoSchema)
  return {
    status: Code[error.code],
    message: error.rawMessage,
    reason: info?.reason,
    domain: info?.domain,
    facts: info?.metadata ?? {},
    fields: bad?.fieldViolations.map(({ field }) => field) ?? [],
    retrySeconds: retry && Number(retry.retryDelay?.seconds),
    requestId: request?.requestId,
    metadata: error.metadata
  }
}

/** All messages of a stream that ends by itself. */
export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(stream)
}
