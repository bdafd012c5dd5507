// Many readers of streams, and clients that are slow in every way, beside a client of the API that measures its answers.
// 200 readers; with BERTH_TEST_FULL=1 there are 2,000, for a minute.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../helpers/engine.ts'

const IS_FULL = process.env.BERTH_TEST_FULL !== undefined
const READERS = IS_FULL ? 2_000 : 200
const SLOW_OF_EACH_KIND = IS_FULL ? 50 : 10
const WINDOW_MS = IS_FULL ? 60_000 : 4_000
const MOST_MS = 250
const STREAMS = ['/events', '/stats/stream', '/system/stats/stream', '/containers/c1/stats/stream']

const server = fork(join(import.meta.dirname, '../helpers/memory-server.ts'), { stdio: 'inherit' })
t.teardown(() => server.kill('SIGKILL'))
const [port] = (await once(server, 'message')) as [number]
const sockets: Socket[] = []
t.teardown(() => sockets.forEach((socket) => socket.destroy()))

async function open(text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  sockets.push(socket)
  await once(socket, 'connect')
  socket.write(text)
  return socket
}
const asking = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

/** One byte a second, in or out. */
function drip(step: (count: number) => void): void {
  let count = 0
  const timer = setInterval(() => step(count++), 1_000)
  t.teardown(() => clearInterval(timer))
}

const SLOW: Record<string, () => Promise<void>> = {
  'never reads': async () => void (await open(asking('/stats/stream'))).pause(),
  async 'reads a byte a second'() {
    const socket = await open(asking('/stats/stream'))
    socket.pause()
    drip(() => void socket.read(1))
  },
  async 'sends its headers slowly'() {
    const socket = await open('GET /containers HTTP/1.1\r\nX-Long: ')
    drip(() => socket.writable && socket.write('x'))
  },
  async 'sends its body slowly'() {
    const head =
      'POST /containers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n'
    const socket = await open(`${head}{`)
    drip(() => socket.writable && socket.write(' '))
  }
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
t.teardown(() => agent.destroy())

function ask(method: string, path: string, body?: object): Promise<{ status: number; ms: number }> {
  const started = performance.now()
  const headers = body && { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, agent, headers: headers ?? {} }, (answer) => {
      answer.resume().on('end', () => resolve({ status: answer.statusCode ?? 0, ms: performance.now() - started }))
    })
    request.on('error', reject).end(body && JSON.stringify(body))
  })
}

t.test(`${READERS} readers and slow clients do not slow other requests`, async (t) => {
  const before = residentMemory(server.pid)
  let served = 0
  for (let n = 0; n < READERS; n++) {
    const socket = await open(asking(STREAMS[n % STREAMS.length] ?? ''))
    socket.once('data', () => served++)
  }
  for (const slow of Object.values(SLOW)) for (let n = 0; n < SLOW_OF_EACH_KIND; n++) await slow()

  const waits: number[] = []
  let most = before
  const end = performance.now() + WINDOW_MS
  for (let n = 0; performance.now() < end; n++) {
    const isCreate = n % 50 === 49
    const { status, ms } = isCreate
      ? await ask('POST', '/containers', { name: `own${n}` })
      : await ask('GET', n % 2 === 0 ? '/containers' : '/containers/c1')
    if (status !== (isCreate ? 201 : 200)) throw new Error(`${n}: ${status}`)
    waits.push(ms)
    most = Math.max(most, residentMemory(server.pid))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const sorted = waits.toSorted((a, b) => a - b)
  const share = (of: number) => Math.round((sorted[Math.floor(sorted.length * of)] ?? Infinity) * 10) / 10
  t.comment(`${sorted.length} answers: half in ${share(0.5)} ms, p90 ${share(0.9)}, p99 ${share(0.99)}`)
  t.comment(`memory from ${mib(before)} to ${mib(most)} MiB`)
  // The slowest requests of a short run measure other work of the machine.
  t.ok(share(IS_FULL ? 0.99 : 0.9) < MOST_MS, `${share(IS_FULL ? 0.99 : 0.9)} ms`)
  t.ok(most - before < 300 * 1024 ** 2, `memory grew by ${mib(most - before)} MiB`)
  await eventually(() => {
    if (served < READERS) throw new Error(`${served} of ${READERS} readers were served`)
  })
})

function residentMemory(pid: number | undefined): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2)
}
