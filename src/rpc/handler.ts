// The handler of the gRPC port. Loaded at the first call: see docs/decisions/032-grpc-is-loaded-at-the-first-call.md.

import { createConnectRouter, createContextValues, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse
} from '@connectrpc/connect-node'
import type { DescMethod } from '@bufbuild/protobuf'
import http2, { type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { Connections } from '../lib/connections.ts'
import { answering, duplex, receiving, refusing, streaming, type CallOptions } from './calls.ts'
import { ARRIVAL, createGate, methodOf, type Arrival } from './gate.ts'
import { DockerService } from './gen/docker_management_pb.ts'
import { Health } from './gen/grpc/health/v1/health_pb.ts'
import { ServerReflection } from './gen/grpc/reflection/v1/reflection_pb.ts'
import { ServerReflection as ServerReflectionAlpha } from './gen/grpc/reflection/v1alpha/reflection_pb.ts'
import { createHealth, type Readiness } from './health.ts'
import {
  MESSAGE_BYTES,
  REQUEST_BYTES,
  type AnyMethod,
  type DockerMethods,
  type DuplexMethod,
  type ReceivingMethod,
  type StreamingMethod,
  type UnaryMethod
} from './methods.ts'
import { createReflection } from './reflection.ts'

export type HandlerOptions = CallOptions & {
  methods: DockerMethods
  readiness: Readiness
  stopping: AbortSignal
  connections: Connections
}

// For small messages, or within this machine, compression costs more than it saves.
const COMPRESS_BYTES = 256 * 1024
// An unknown field is an error, as over REST.
const JSON_OPTIONS = { useProtoFieldName: true, ignoreUnknownFields: false }
const OPEN_SERVICES = [Health, ServerReflection, ServerReflectionAlpha]

export function createHandler(options: HandlerOptions) {
  const { methods, readiness, stopping, connections, log } = options
  const gate = createGate(options)

  function knock(context: HandlerContext): void {
    const isOpen = OPEN_SERVICES.some(({ typeName }) => typeName === context.service.typeName)
    gate(context, isOpen ? 'open' : methodOf(methods, context.method.localName))
  }

  const router = createConnectRouter({
    grpcWeb: false,
    readMaxBytes: REQUEST_BYTES,
    writeMaxBytes: MESSAGE_BYTES,
    acceptCompression: [compressionGzip],
    compressMinBytes: COMPRESS_BYTES,
    shutdownSignal: stopping,
    jsonOptions: JSON_OPTIONS,
    requestGate: (context) => refusing(options, context, async () => knock(context))
  })
  const reflection = createReflection([DockerService, ...OPEN_SERVICES])
  for (const { shapes, implementation, messageBytes } of implement(options)) {
    // Options of a method would enable the protocols that those of the router exclude.
    const own = { readMaxBytes: messageBytes, grpcWeb: false, jsonOptions: JSON_OPTIONS }
    router.rpc(shapes, implementation as never, own)
  }
  router
    .service(Health, createHealth(readiness))
    .service(ServerReflection, reflection)
    // Its messages are the same, except for the package name.
    .service(ServerReflectionAlpha, reflection as unknown as ServiceImpl<typeof ServerReflectionAlpha>)
  const handlers = new Map(router.handlers.map((handle) => [handle.requestPath, handle]))

  // Replaces Connect's own adapter, which writes to the console when a client leaves before it has read everything.
  // Throws for requests that are not a call at all.
  function answer(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const handle = handlers.get(request.url.split('?', 1)[0] ?? '')
    if (!handle) return void response.writeHead(404).end()

    const context = createContextValues().set(ARRIVAL, arrivalOf(request, response, connections))
    handle(universalRequestFromNodeRequest(request, response, undefined, context))
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .catch((error: unknown) => {
        if (response.stream.destroyed) return
        log.error({ err: error, requestId: request.headers['x-request-id'] }, 'an answer could not be sent')
        response.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)
      })
  }

  return { answer, knows: (path: string): boolean => handlers.has(path) }
}

function implement(options: HandlerOptions) {
  return Object.entries(DockerService.method).map(([name, shapes]) => {
    const method = options.methods[name as keyof DockerMethods]
    const { messageBytes = REQUEST_BYTES } = method
    const implementation = implementing(options, method, shapes)
    return { shapes, implementation, messageBytes }
  })
}

function implementing(options: HandlerOptions, method: AnyMethod, shapes: DescMethod) {
  if (shapes.methodKind === 'server_streaming') return streaming(options, method as StreamingMethod, shapes)
  if (shapes.methodKind === 'bidi_streaming') return duplex(options, method as DuplexMethod, shapes)
  if (shapes.methodKind === 'client_streaming') return receiving(options, method as ReceivingMethod, shapes)
  return answering(options, method as UnaryMethod, shapes)
}

function arrivalOf(
  { headers, socket }: Http2ServerRequest,
  response: Http2ServerResponse,
  connections: Connections
): Arrival {
  const whenAnswered = (then: () => void): void => {
    if (response.stream.closed) then()
    else response.once('close', then)
  }
  return {
    whenAnswered,
    unsent: () => (response.stream.destroyed ? 0 : response.stream.writableLength),
    hold: () => whenAnswered(connections.hold(socket)),
    authority: headers[':authority'] ?? headers.host ?? '',
    address: socket.remoteAddress ?? '',
    requestId: String(headers['x-request-id'])
  }
}
