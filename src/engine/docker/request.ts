// One request to the engine, through docker-modem, with a deadline and translated errors.

import type { Readable } from 'node:stream'
import http from 'node:http'
import https from 'node:https'
import { inspect } from 'node:util'
import Docker from 'dockerode'
import { describeAddress, type EngineAddress } from './locate.ts'
import { translateError } from './translate-error.ts'

export type EngineRequest = {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  query?: Record<string, unknown> | undefined
  body?: unknown
  headers?: Record<string, string> | undefined
  /** A tar file to send in place of a body. */
  upload?: Readable | undefined
  /** Names the operation in errors, e.g. "start container". */
  what: string
  timeoutMs: number
  signal?: AbortSignal | undefined
}

type Dial = {
  path: string
  method: string
  options: { _query: Record<string, unknown>; _body: unknown }
  headers?: Record<string, string>
  isStream: boolean
  file?: Readable
  abortSignal: AbortSignal
  statusCodes: Record<number, boolean>
}

const SUCCESS = Object.fromEntries([200, 201, 202, 204, 304].map((status) => [status, true]))

// docker-modem writes its options with util.inspect before every request, to any depth, even when nobody reads it:
// with an ordinary agent that costs 6 ms of CPU at 32 idle sockets and 68 ms in a burst of 400. These print as a word.
class Agent extends http.Agent {
  [inspect.custom]() {
    return 'Agent'
  }
}
class TlsAgent extends https.Agent {
  [inspect.custom]() {
    return 'TlsAgent'
  }
}

export function createClient(address: EngineAddress, apiVersion: string, maxSockets: number) {
  const options = { keepAlive: true, maxSockets, scheduling: 'lifo' } as const
  if (address.kind === 'socket') {
    return new Docker({
      socketPath: address.path,
      version: `v${apiVersion}`,
      agent: new Agent(options)
    } as Docker.DockerOptions)
  }
  const tls = address.tls
  return new Docker({
    host: address.host,
    port: address.port,
    protocol: address.protocol,
    version: `v${apiVersion}`,
    ...(tls?.ca && { ca: tls.ca }),
    ...(tls?.cert && { cert: tls.cert }),
    ...(tls?.key && { key: tls.key }),
    agent:
      address.protocol === 'https'
        ? new TlsAgent({ ...options, rejectUnauthorized: tls?.verify ?? true })
        : new Agent(options)
  } as Docker.DockerOptions)
}

export type Client = { docker: Docker; address: EngineAddress }

/** Sends a request and returns its parsed answer. */
export async function request<T>(client: Client, asked: EngineRequest): Promise<T> {
  return (await dialUntil(AbortSignal.timeout(asked.timeoutMs), client, asked, false)) as T
}

/** Opens a stream. The deadline counts until its head arrives; afterwards only the signal ends it. */
export async function openStream(client: Client, asked: EngineRequest): Promise<Readable> {
  const aborter = new AbortController()
  const timer = setTimeout(() => aborter.abort(), asked.timeoutMs)
  try {
    return (await dialUntil(aborter.signal, client, asked, true)) as Readable
  } finally {
    clearTimeout(timer)
  }
}

async function dialUntil(
  deadline: AbortSignal,
  { docker, address }: Client,
  asked: EngineRequest,
  isStream: boolean
): Promise<unknown> {
  const abortSignal = asked.signal ? AbortSignal.any([deadline, asked.signal]) : deadline
  try {
    return await dial(docker, asked, isStream, abortSignal)
  } catch (error) {
    throw translateError(error, {
      what: asked.what,
      address: describeAddress(address),
      timedOut: deadline.aborted,
      cancelled: asked.signal?.aborted ?? false
    })
  }
}

function dial(docker: Docker, asked: EngineRequest, isStream: boolean, abortSignal: AbortSignal): Promise<unknown> {
  const options: Dial = {
    path: `${asked.path}?`,
    method: asked.method,
    options: { _query: asked.query ?? {}, _body: asked.body ?? {} },
    ...(asked.headers && { headers: asked.headers }),
    ...(asked.upload && { file: asked.upload }),
    isStream,
    abortSignal,
    statusCodes: SUCCESS
  }
  const modem = docker.modem as { dial(options: Dial, done: (error: Error | null, answer: unknown) => void): void }
  return new Promise((resolve, reject) => {
    modem.dial(options, (error, answer) => (error ? reject(error) : resolve(answer)))
  })
}
