// A proxy between server and engine that causes the faults of crashes, networks and full queues.

import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import { SOCKET } from './engine.ts'
import { makeFolder } from './folder.ts'
import { sendSpoilt, spoilPiece, trickle, type Spoiling } from './spoilt-answers.ts'

export type Call = { method: string; path: string }
export type Moment = 'before' | 'after'
/** May return `drop` before a call: then the engine never gets it. */
type Hook = (call: Call, moment: Moment) => Promise<'drop' | void> | 'drop' | void

/**
 * - `drop`: the connection breaks before the engine gets the call
 * - `lose answer`: the engine acts, and the connection breaks instead of bringing its answer
 * - `fail`: answered with status 500 without asking the engine
 * - `hang`: never answered, and the engine does not get it
 * - `delayMs`: the engine gets it that much later
 * - `answerLateMs`: the engine acts at once, and its answer comes that much later
 */
export type Fault = 'drop' | 'lose answer' | 'fail' | 'hang' | { delayMs: number } | { answerLateMs: number } | Spoiling
type Rule = { method: string; path: RegExp; fault: Fault; times: number }

export type FaultProxy = Awaited<ReturnType<typeof startFaultProxy>>

// Answers of these are streams and are forwarded as they arrive. All others are read completely first.
const STREAMS = /^\/(events|images\/create|build)$|\/(logs|attach|stats)$|^\/exec\/.+\/start$/

/** The content of another call's answer, for the fault `another`. */
type Another = (call: Call, content: Buffer) => Buffer | Promise<Buffer>

export async function startFaultProxy(
  t: Pick<Test, 'teardown'>,
  engineSocket = SOCKET,
  another: Another = () => Buffer.from('{}')
) {
  const folder = makeFolder('proxy')
  const socket = join(folder, 'engine.sock')
  const rules: Rule[] = []
  const calls: Call[] = []
  const connections = new Set<Socket>()
  let hook: Hook | undefined
  let released: Promise<void> | undefined
  let release = () => {}
  let eventsAreLost = false

  const server = http.createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  // Like the engine, it never closes an idle connection.
  server.keepAliveTimeout = 0
  server.on('connection', (connection: Socket) => {
    connections.add(connection)
    connection.on('close', () => connections.delete(connection)).on('error', () => {})
  })
  server.on('upgrade', (request: IncomingMessage, client: Socket, head: Buffer) => passRaw(request, client, head))

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = describe(request)
    calls.push(call)
    // Read at once: a held call is made even if its client has given up.
    const body = await buffer(request)
    await released
    const fault = takeFault(call)
    const dropped = (await hook?.(call, 'before')) === 'drop'
    if (dropped || fault === 'drop') return void response.destroy()
    if (fault === 'hang') return
    if (fault === 'fail') return answer(response, 500, '{"message":"made up by the test"}')
    if (typeof fault === 'object' && 'delayMs' in fault) await setTimeout(fault.delayMs)

    const asked = http.request({
      socketPath: engineSocket,
      method: call.method,
      path: request.url,
      headers: { ...request.headers, connection: 'close' },
      agent: false
    })
    asked.end(body)
    const [given] = (await once(asked, 'response')) as [IncomingMessage]
    if (typeof fault === 'object' && 'answerLateMs' in fault) await setTimeout(fault.answerLateMs)
    const head = Object.fromEntries(Object.entries(given.headers).filter(([name]) => name !== 'connection'))
    const status = given.statusCode ?? 500
    const isStream = STREAMS.test(call.path) && status < 300
    if (isStream && !isOfTheHead(fault)) {
      response.on('close', () => asked.destroy())
      response.writeHead(status, head)
      response.flushHeaders()
      await passPieces(call, given, response, fault)
      await hook?.(call, 'after')
      return void response.end()
    }
    const content = isStream ? Buffer.alloc(0) : await buffer(given)
    if (isStream) asked.destroy()
    await hook?.(call, 'after')
    await released
    if (fault === 'lose answer') return void response.destroy()
    if (typeof fault === 'string')
      return sendSpoilt(response, fault, { status, head, content }, await another(call, content))
    response.writeHead(status, head)
    response.end(content)
  }

  async function passPieces(
    call: Call,
    given: IncomingMessage,
    response: ServerResponse,
    fault: Fault | undefined
  ): Promise<void> {
    const spoiling = typeof fault === 'string' ? (fault as Spoiling) : undefined
    for await (const piece of given) {
      await released
      if (eventsAreLost && call.path === '/events') continue
      const half = piece.subarray(0, piece.length >> 1)
      if (spoiling === 'cut body') return void response.write(half, () => response.destroy())
      if (spoiling === 'half-open') {
        response.write(half)
        await once(response, 'close')
      } else if (spoiling === 'trickle') {
        trickle(response, piece)
        await once(response, 'close')
      } else response.write(spoiling ? spoilPiece(spoiling, piece, await another(call, piece)) : piece)
    }
  }

  function takeFault(call: Call): Fault | undefined {
    const rule = rules.find(({ method, path, times }) => times > 0 && method === call.method && path.test(call.path))
    if (rule) rule.times--
    return rule?.fault
  }

  function passRaw(request: IncomingMessage, client: Socket, head: Buffer): void {
    const engine = connect(engineSocket)
    const lines = [`${request.method} ${request.url} HTTP/1.1`]
    for (let index = 0; index < request.rawHeaders.length; index += 2)
      lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`)
    engine.write(`${lines.join('\r\n')}\r\n\r\n`)
    engine.write(head)
    engine.pipe(client).pipe(engine)
    engine.on('error', () => client.destroy())
    client.on('error', () => engine.destroy()).on('close', () => engine.destroy())
  }

  const listen = () => new Promise<void>((resolve) => void server.listen(socket, resolve))
  const cutAll = () => {
    for (const connection of connections) connection.destroy()
  }
  await listen()
  t.teardown(() => {
    release()
    server.close()
    cutAll()
    rmSync(folder, { recursive: true, force: true })
  })

  return {
    socket,
    /** Every call in order, without its version prefix. */
    calls,

    /** Sets the fault of the next calls of this kind, once by default. */
    next(method: string, path: RegExp, fault: Fault, times = 1): void {
      rules.push({ method, path, fault, times })
    },

    /** From now on calls are forwarded unchanged. */
    heal(): void {
      rules.length = 0
    },

    /** Called before the engine gets a call, and after its answer but before the server gets that. */
    onCall(told: Hook | undefined): void {
      hook = told
    },

    /** Like a stopped engine: connections are accepted and nothing is answered until it continues. */
    freeze(): void {
      released ??= new Promise((resolve) => (release = resolve))
    },
    thaw(): void {
      release()
      released = undefined
    },

    /** Events are lost silently. */
    loseEvents(lost: boolean): void {
      eventsAreLost = lost
    },

    /** Like a lost engine: nothing listens, and open connections break. */
    async goAway(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve))
      cutAll()
      await closed
    },
    comeBack: listen
  }
}

/** In a stream these show before its first chunk. */
function isOfTheHead(fault: Fault | undefined): boolean {
  return fault === 'lose answer' || fault === 'cut head' || fault === 'empty' || fault === 'html'
}

function describe({ method = 'GET', url = '/' }: IncomingMessage): Call {
  return { method, path: url.replace(/^\/v\d+\.\d+/, '').replace(/\?.*$/, '') }
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(body)
}
