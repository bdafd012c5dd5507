// The real server as a separate process, for tests of its whole life: start, answers, kill, restart.

import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import http, { type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import type Docker from 'dockerode'
import type { Test } from 'tap'
import type { CreateContainer } from '../../src/containers/create-schema.ts'
import type { CreatedContainer } from '../../src/containers/schemas.ts'
import type { PortOverview } from '../../src/ports/schemas.ts'
import { docker, eventually, IMAGE, listOf, removeAllOf, removeLeftOvers, TEST_LABEL } from './engine.ts'
import { freePort } from './port-ranges.ts'
import { prepareImage } from './images.ts'
import type { Range } from './port-ranges.ts'
import { makeFolder } from './folder.ts'

export { portsOf, type Range } from './port-ranges.ts'

const PROJECT = join(import.meta.dirname, '../..')

/** The flags of npm start. */
export const NODE_FLAGS = ['--max-semi-space-size=4', '--max-old-space-size=1024', '--expose-gc']

/** Answers on port 5000 with its own HOST_PORT, which identifies the container. */
export const WORKLOAD = ['sh', '-c', 'echo -n "$HOST_PORT" > /tmp/index.html; exec httpd -f -p 5000 -h /tmp']
export const SLEEPER = ['sleep', '3600']

type Problem = {
  code: string
  title: string
  detail: string
  retryable: boolean
  errors: { field: string; message: string }[]
  logs: string
  counts: Record<string, number>
}
export type Answer<T> = { status: number; headers: IncomingHttpHeaders; text: string; body: T & Partial<Problem> }
export type Ask = { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal }
export type CreateBody = Omit<CreateContainer, 'labels'> & { labels?: Record<string, string> }
export type Server = Awaited<ReturnType<typeof startServer>>

export type ServerOptions = {
  ports: Range
  env?: Record<string, string>
  /** Another engine socket, of a proxy or a private engine. */
  socket?: string
  engine?: Docker
  /** By default a new temporary folder. */
  dataDir?: string
}

/** Far longer than a start takes, even if many tests share a small machine. */
const START_MS = 180_000
let servers = 0

export async function startServer(
  t: Pick<Test, 'teardown' | 'passing'>,
  { ports, env = {}, socket, engine = docker, dataDir = makeFolder('data') }: ServerOptions
) {
  await prepareImage(engine)
  await removeLeftOvers(engine)
  const mark = `${process.pid}-${++servers}`
  let output = ''
  let port = 0
  let child: ChildProcess | undefined

  function launch(): ChildProcess {
    // tap puts its own loader into every Node that a test starts, which takes 20 MB. Users have none.
    const started = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, ...NODE_FLAGS, 'src/server.ts'], {
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...withoutSettings(process.env),
        // Like npm start.
        NODE_COMPILE_CACHE: join(PROJECT, 'node_modules/.cache/node'),
        BERTH_PORT: String(port),
        // Many servers run in parallel.
        BERTH_GRPC_PORT: 'off',
        BERTH_PORT_RANGE: `${ports.first}-${ports.last}`,
        BERTH_DATA_DIR: dataDir,
        BERTH_DEFAULT_IMAGE: IMAGE,
        LOG_LEVEL: 'debug',
        ...(socket && { DOCKER_HOST: `unix://${socket}` }),
        ...env
      }
    })
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    return started
  }

  /** Starts or restarts the process on the same data and address, and returns when it answers. */
  async function start(): Promise<void> {
    port ||= freePort()
    const started = launch()
    child = started
    await eventually(async () => {
      if (hasEnded(started)) return
      await request('GET', '/health')
    }, START_MS)
    if (hasEnded(started)) throw new Error(`the server ended at its start:\n${output.slice(-2_000)}`)
  }

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const running = child
    if (!running || hasEnded(running)) return running?.exitCode ?? null
    const ended = once(running, 'exit')
    running.kill(signal)
    await ended
    return running.exitCode
  }

  function request<T = Record<string, unknown>>(
    method: string,
    path: string,
    { body, headers = {}, signal }: Ask = {}
  ): Promise<Answer<T>> {
    return new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body)
      const sent = http.request(
        {
          host: '127.0.0.1',
          port,
          method,
          path,
          // No connection is kept, so none is left from a killed server.
          agent: false,
          headers: { ...(payload !== undefined && { 'content-type': 'application/json' }), ...headers },
          ...(signal && { signal })
        },
        (answer) => {
          let text = ''
          answer
            .setEncoding('utf8')
            .on('data', (piece: string) => (text += piece))
            .on('error', reject)
            .on('end', () =>
              resolve({
                status: answer.statusCode ?? 0,
                headers: answer.headers,
                text,
                body: parse(text, answer.headers) as T & Partial<Problem>
              })
            )
        }
      )
      sent.on('error', reject)
      sent.end(payload)
    })
  }

  const killWithTest = () => child?.kill('SIGKILL')
  process.on('exit', killWithTest)
  t.teardown(async () => {
    process.off('exit', killWithTest)
    await kill()
    await removeAllOf(mark, engine).catch(() => {})
    rmSync(dataDir, { recursive: true })
    if (process.env.BERTH_TEST_LOGS) writeFileSync(join(process.env.BERTH_TEST_LOGS, `${mark}.log`), output)
  })
  await start()

  return {
    mark,
    labels: { [TEST_LABEL]: mark },
    ports,
    dataDir,
    start,
    kill,
    request,
    get url() {
      return `http://127.0.0.1:${port}`
    },
    get pid() {
      return child?.pid
    },
    /** The output of the process, of all starts. */
    output: () => output,
    hasEnded: () => child === undefined || hasEnded(child),
    get: <T>(path: string, ask?: Ask) => request<T>('GET', path, ask),
    post: <T>(path: string, body?: unknown, ask?: Ask) => request<T>('POST', path, { ...ask, body }),
    patch: <T>(path: string, body?: unknown) => request<T>('PATCH', path, { body }),
    delete: <T>(path: string) => request<T>('DELETE', path),

    /** A create with this server's mark; a listening workload by default. */
    create: (body: CreateBody = {}, ask: Ask = {}) =>
      request<CreatedContainer>('POST', '/containers', {
        ...ask,
        body: { command: WORKLOAD, ...body, labels: { ...body.labels, [TEST_LABEL]: mark } }
      }),
    portOverview: async () => (await request<PortOverview>('GET', '/ports')).body,
    /** Its containers, from the engine itself. */
    inEngine: () => listOf(mark, engine),
    removeAll: () => removeAllOf(mark, engine)
  }
}

/** A unique name. */
export const unique = (name: string) => `berth-test-${name}-${randomBytes(4).toString('hex')}`

/** The host port of a container's only or first port. */
export function hostPort({ ports }: { ports: Record<string, string> }): number {
  return Number(Object.values(ports)[0]?.split(':').at(-1))
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(BERTH_|DOCKERHUB_|LOG_LEVEL$|TAP)/.test(name)))
}

function parse(text: string, headers: IncomingHttpHeaders): unknown {
  return /json/.test(headers['content-type'] ?? '') ? JSON.parse(text) : {}
}
