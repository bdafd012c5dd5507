// The definition of a feature's gRPC calls: the scope, the schema of the request, the call. Requests and responses are
// JSON with the names of the proto file, so the schemas and services are those of REST.

import type { Static, TSchema } from '@sinclair/typebox'
import type { Caller } from '../access/caller.ts'
import type { Need } from '../access/scopes.ts'
import type { DockerService } from './gen/docker_management_pb.ts'

/** Size limit of a response: the default of clients. */
export const MESSAGE_BYTES = 4 * 1024 ** 2
/** Size limit of a request unless a call sets its own, as over REST. */
export const REQUEST_BYTES = 256 * 1024

/**
 * The caller and the deadline. The signal aborts at the deadline, when the client disconnects, and when the server
 * stops.
 */
export type Call = { caller: Caller; address: string; signal: AbortSignal; requestId: string }

type Described<S extends TSchema> = {
  /** The same over REST, by its operationId. */
  operation: string
  scope: Need
  request: S
  /** Size limit of the request. Defaults to REQUEST_BYTES. */
  messageBytes?: number
  /** Must resolve before the call. */
  ready?: () => Promise<void>
}
type Method<S extends TSchema, Answer> = Described<S> & { call: (request: Static<S>, call: Call) => Answer }
type Duplex<S extends TSchema> = Described<S> & {
  call: (requests: AsyncIterable<Static<S>>, call: Call) => AsyncIterable<object>
}
export type UnaryMethod = Method<TSchema, object | Promise<object>>
export type StreamingMethod = Method<TSchema, AsyncIterable<object>>
/** Requests and answers flow at the same time. */
export type DuplexMethod = Duplex<TSchema>
/** A client stream: the first message is the request, later ones carry more of its bytes. */
export type ReceivingMethod<S extends TSchema = TSchema> = Omit<Method<S, never>, 'call'> & {
  call: (request: Static<S>, call: Call, more: AsyncIterable<Record<string, unknown>>) => Promise<object>
}
export type AnyMethod = UnaryMethod | StreamingMethod | DuplexMethod | ReceivingMethod

type Kinds = {
  unary: UnaryMethod
  server_streaming: StreamingMethod
  bidi_streaming: DuplexMethod
  client_streaming: ReceivingMethod
}
type Known = typeof DockerService.method
export type DockerMethods = {
  [Name in keyof Known]: Kinds[Known[Name]['methodKind']]
}

/** An answer with resolved fields: a promise in a field would be sent empty, and its rejection would end the process. */
type Settled<Answer> = { [Field in keyof Answer]: Answer[Field] extends PromiseLike<unknown> ? never : Answer[Field] }

export function unary<S extends TSchema, Answer extends object>(
  method: Method<S, Settled<Answer> | Promise<Settled<Answer>>>
): UnaryMethod {
  return method
}

export function streaming<S extends TSchema>(method: Method<S, AsyncIterable<object>>): StreamingMethod {
  return method
}

export function duplex<S extends TSchema>(method: Duplex<S>): DuplexMethod {
  return method
}

export function receiving<S extends TSchema>(method: ReceivingMethod<S>): ReceivingMethod {
  return method
}

/** Calls that wait for `ready`. */
export function after<M extends Partial<DockerMethods>>(ready: () => Promise<void>, methods: M): M {
  return Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, { ...method, ready }])) as M
}
