// The client: a method for each operation of the API, by its operationId, and a thin layer for features beyond single calls.

import { CALLS, type Calls, type Container, type CreateContainer, type CreatedContainer } from './api.ts'
import { isBerthError } from './errors.ts'
import { requestOf, type Bytes } from './request.ts'
import { send, type Fetch, type Transport } from './send.ts'
import { stream, transfer, type StreamName, type StreamOptions, type TransferOptions } from './stream.ts'

export type ClientOptions = {
  /** `http://…`, `https://…`, or `unix:/path` for a socket. */
  url?: string | undefined
  /** Called for each request if it is a function. */
  token?: string | (() => string | undefined) | undefined
  fetch?: Fetch
  /** Attempts of a call that can be retried; 1 means no retry. */
  tries?: number
  userAgent?: string
}
export type CallOptions = {
  signal?: AbortSignal
  /** Makes a create idempotent, even across processes. */
  idempotencyKey?: string
  headers?: Record<string, string>
  /** The body of a call that takes bytes. */
  bytes?: Bytes
}

type Given<K extends keyof Calls> = Calls[K]['given']
type Args<K extends keyof Calls> =
  {} extends Given<K> ? [given?: Given<K>, options?: CallOptions] : [given: Given<K>, options?: CallOptions]
type Methods = { [K in keyof Calls]: (...args: Args<K>) => Promise<Calls[K]['answer']> }
type Paged = {
  [K in keyof Calls]: Given<K> extends { cursor?: string } ? (Calls[K]['answer'] extends unknown[] ? K : never) : never
}[keyof Calls]
type Row<K extends Paged> = Calls[K]['answer'] extends (infer R)[] ? R : never
/** A container that is removed when its scope ends: `await using`. */
export type ScopedContainer = CreatedContainer & AsyncDisposable

export type Berth = ReturnType<typeof createClient>

const DEFAULT_URL = 'http://127.0.0.1:8000'

export function createClient({
  url = DEFAULT_URL,
  token,
  fetch,
  tries = 4,
  userAgent = 'berth-client'
}: ClientOptions = {}) {
  const socket = /^unix:(?:\/\/)?(\/.+)$/.exec(url)?.[1]
  const transport: Transport = {
    url: socket === undefined ? url.replace(/\/+$/, '') : 'http://localhost',
    token,
    fetch: fetch ?? (socket === undefined ? globalThis.fetch : overSocket(socket)),
    tries,
    userAgent
  }

  /** The raw answer, for bytes, texts and headers. */
  async function request<K extends keyof Calls>(
    name: K,
    given?: Given<K>,
    options: CallOptions = {}
  ): Promise<Response> {
    const { signal, idempotencyKey, headers, bytes } = options
    const made = requestOf(name, given, bytes)
    const key = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
    return send(transport, { ...made, headers: { ...made.headers, ...key, ...headers }, signal })
  }

  const calls = Object.fromEntries(
    (Object.keys(CALLS) as (keyof Calls)[]).map((name) => [
      name,
      async (given?: never, options: CallOptions = {}) => {
        const answer = await request(name, given, withKey(name, options))
        return answer.headers.get('content-type')?.includes('json') === true ? answer.json() : answer.text()
      }
    ])
  ) as unknown as Methods

  return {
    ...calls,
    url,
    request,

    /** Events until the stream ends, even across lost connections if the stream can resume. */
    stream: <K extends StreamName>(name: K, given?: Given<K>, options?: StreamOptions) =>
      stream(transport, name, given, options),

    /** A create, pull or push with progress. */
    transfer: <K extends 'createContainer' | 'pullImage' | 'pushImage'>(
      name: K,
      given: Given<K>,
      options: TransferOptions<K> & Pick<CallOptions, 'idempotencyKey'> = {}
    ) => transfer(transport, name, given, withKey(name, options)),

    /** Every row of a list, page after page. */
    async *each<K extends Paged>(name: K, given?: Given<K>, options?: CallOptions): AsyncGenerator<Row<K>> {
      let cursor: string | undefined
      do {
        const paged = { ...given, ...(cursor !== undefined && { cursor }) } as Given<K>
        const answer = await request(name, paged, options)
        yield* (await answer.json()) as Row<K>[]
        cursor = answer.headers.get('x-next-cursor') ?? undefined
      } while (cursor !== undefined)
    },

    /** A container that is removed with its scope: `await using web = await berth.container({ image })`. */
    async container(body: CreateContainer, options?: CallOptions): Promise<ScopedContainer> {
      const made = await calls.createContainer({ body }, options)
      return { ...made, [Symbol.asyncDispose]: () => remove(made) }
    }
  }

  async function remove({ full_id: id }: Container): Promise<void> {
    await calls.removeContainer({ id, force: true }).catch((error: unknown) => {
      if (!isBerthError(error, 'CONTAINER_NOT_FOUND')) throw error
    })
  }
}

/** Repeats a create whose response was lost; it creates nothing twice. */
function withKey<O extends { idempotencyKey?: string }>(name: keyof Calls, options: O): O {
  const isCreate = name === 'createContainer' || name === 'createContainerByVerb'
  return isCreate ? { idempotencyKey: crypto.randomUUID(), ...options } : options
}

function overSocket(path: string): Fetch {
  return async (url, init) => (await import('./socket.ts')).fetchOverSocket(path, url, init)
}
