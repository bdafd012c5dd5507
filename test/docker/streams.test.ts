// Streams of statistics: their course and end, and the cost of many readers, slow ones, and those that never read.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { build } from '../helpers/build.ts'
import { docker, eventually, inBatches } from '../helpers/engine.ts'
import { follow } from '../helpers/follow.ts'
import { IDLE, statsWhen } from '../helpers/measured.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { portsOf, startServer } from '../helpers/server.ts'

const server = await startServer(t, { ports: portsOf('streams') })
const overload = await startOverload(t)

async function make(): Promise<string> {
  const { status, body, text } = await server.create({ ports: [], command: IDLE })
  if (status !== 201) throw new Error(text)
  return body.full_id
}

const WINDOW_MS = process.env.BERTH_TEST_FULL ? 60_000 : 8_000
// tap modifies the options of a test, so each test has its own.
const together = () => ({ buffered: true })

const isKind = (kind: string) => (event: { event?: string }) => event.event === kind
const seconds = (events: { data: Record<string, unknown> }[]) => events.map(({ data }) => Number(data.timestamp))

t.test('the course and end of a stream', async (t) => {
  t.jobs = 4
  t.test('a stream of one container: an event each second, until it stops', together(), async (t) => {
    const id = await make()
    const stream = follow(`${server.url}/containers/${id}/stats/stream`)
    const events = await stream.count(4)
    t.ok(events.every(isKind('stats')))
    t.ok(events.every(({ data }) => data.container_id === id.slice(0, 12)))
    const times = seconds(events)
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    t.ok(
      steps.every((step) => step > 0.2 && step < 5),
      `${steps} seconds apart`
    )
    t.ok(
      events.every(({ id: number }, index) => Number(number) / 1000 >= (times[index] ?? 0)),
      'ids are times, not before the sample'
    )
    await server.post(`/containers/${id}/stop?timeout=0`)
    t.match((await stream.ended).at(-1), { event: 'end', data: { reason: 'exited' } })
  })

  t.test('a stream ends when the container is removed', together(), async (t) => {
    const id = await make()
    const stream = follow(`${server.url}/containers/${id}/stats/stream`)
    await stream.count(1)
    await docker.getContainer(id).remove({ force: true })
    t.match((await stream.ended).at(-1), { event: 'end', data: { reason: /^(removed|exited|removing)$/ } })
  })

  t.test('Last-Event-ID brings missed samples', together(), async (t) => {
    const id = await make()
    const seen = await follow(`${server.url}/containers/${id}/stats/stream`, { most: 2 }).ended
    const last = seen.at(-1)
    await statsWhen(server, id, ({ timestamp }) => timestamp * 1000 > Number(last?.id) + 2_100)
    const again = follow(`${server.url}/containers/${id}/stats/stream`, { lastEventId: last?.id })
    await again.next(isKind('stats'), 0)
    const missed = again.events.filter(isKind('history'))
    t.ok(missed.length >= 2 && missed.length <= 15, `${missed.length} samples`)
    t.match(missed[0]?.data, { sampled_at: /Z$/, cpu_percent: Number, memory_bytes: Number })
    const times = [...missed, ...again.events.filter(isKind('stats'))].map(({ data }) =>
      Date.parse(String(data.sampled_at))
    )
    t.ok(
      times.every((time, index) => time > (times[index - 1] ?? Number(last?.id))),
      'each once, in order, and none from before'
    )
    const all = follow(`${server.url}/containers/${id}/stats/stream`, { lastEventId: '1' })
    await all.next(isKind('stats'), 0)
    t.ok(all.events.filter(isKind('history')).length >= missed.length + 2, 'an old id brings all that is kept')
  })

  t.test('all containers, and the machine', together(), async (t) => {
    const id = await make()
    const all = follow(`${server.url}/stats/stream`)
    const machine = follow(`${server.url}/system/stats/stream`)
    const found = await all.next(({ data }) =>
      (data.containers as { container_id: string }[]).some((stats) => stats.container_id === id.slice(0, 12))
    )
    t.match(found, { event: 'stats', id: /^\d{13}$/ })
    const [first, second] = await machine.count(2)
    t.match(first, { event: 'stats', data: { cpu_percent: Number, memory: { total_bytes: Number }, cores: Array } })
    const step = Number(second?.data.timestamp) - Number(first?.data.timestamp)
    t.ok(step > 0.5 && step < 20, `${step} seconds apart`)
  })
})

type Waits = { half: number; most90: number }

/** The median and 90th percentile of read times: of Berth, and of a bare server at the same time. */
async function readHealth(idle: string, forMs: number, onRead: () => void): Promise<{ berth: Waits; bare: Waits }> {
  const waits = { berth: [] as number[], bare: [] as number[] }
  const end = performance.now() + forMs
  const read = async (of: keyof typeof waits, url: string) => {
    const asked = performance.now()
    await (await fetch(url)).text()
    waits[of].push(performance.now() - asked)
  }
  while (performance.now() < end) {
    await read('berth', `${server.url}/health`)
    await read('bare', idle)
    onRead()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const summed = (times: number[]): Waits => {
    const sorted = times.toSorted((one, other) => one - other)
    const [half = Infinity, most90 = Infinity] = [0.5, 0.9].map((share) => sorted[Math.floor(sorted.length * share)])
    return { half, most90 }
  }
  return { berth: summed(waits.berth), bare: summed(waits.bare) }
}

/** A server that answers at once, so only the machine can delay it. */
async function startBare(t: Test): Promise<string> {
  const program =
    "const s = http.createServer((_, a) => a.end()).listen(0, '127.0.0.1', () => console.log(s.address().port))"
  const bare = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => void bare.kill())
  const [port] = (await once(bare.stdout, 'data')) as [Buffer]
  return `http://127.0.0.1:${String(port).trim()}/`
}

t.test('500 readers and 20 that do not read cost little and delay no request', async (t) => {
  await inBatches([...Array(30).keys()], make)
  await eventually(async () => {
    const { body } = await server.get<{ containers: unknown[] }>('/stats')
    if (body.containers.length < 30) throw new Error(`${body.containers.length} containers`)
  })
  const before = residentMemory(server.pid)
  const url = await startBare(t)
  const idle = await openMany(t, server.url, 500, (socket) => void socket.resume())
  const stuck = await openMany(t, server.url, 20, (socket) => void socket.pause())

  let most = before
  const { berth, bare } = await readHealth(url, WINDOW_MS, () => (most = Math.max(most, residentMemory(server.pid))))
  t.comment(`memory from ${mib(before)} to ${mib(most)} MiB; reads of /health: ${berth.half} and ${berth.most90} ms`)
  t.comment(`of a bare server: ${bare.half} and ${bare.most90} ms`)
  t.ok(most - before < 150 * 1024 ** 2, `memory grew by ${mib(most - before)} MiB`)
  // Not the slowest, which measure other work of the machine.
  t.ok(berth.half < Math.max(25, 3 * bare.half), `half: ${berth.half} ms, of a bare server ${bare.half} ms`)
  // A read during the tick of all streams waits for it, several times longer on a busy machine than on a quiet one.
  t.ok(berth.most90 < Math.max(150, 12 * bare.most90), `nine of ten: ${berth.most90} ms, ${bare.most90} ms`)
  t.ok(
    idle.every(({ bytes }) => bytes() > 50_000),
    'every reader was served'
  )

  for (const { socket } of stuck) socket.resume()
  const fresh = `"timestamp":${Math.floor(Date.now() / 1000) + 1}`
  await eventually(async () => {
    for (const { text } of stuck) if (!text().includes(fresh.slice(0, -1))) throw new Error('not live again')
  })
})

t.test('a reader that was stuck gets a gap and continues live', async (t) => {
  const { reader, ticks } = overload
  await eventually(() => {
    if (ticks() < 14) throw new Error(`${ticks()} samples`)
  })
  reader.socket.resume()
  const resumed = Date.now()
  await eventually(() => {
    const kinds = [...reader.text().matchAll(/^event: (\w+)$/gm)].map(([, kind]) => kind)
    if (!kinds.includes('gap')) throw new Error(`${kinds}`)
    t.ok(kinds.indexOf('stats') < kinds.indexOf('gap'), 'first the buffered samples')
    const last = Number(/.*^id: (\d+)$/ms.exec(reader.text())?.[1])
    if (last < resumed) throw new Error(`the last is of ${resumed - last} ms before`)
  })
  t.match(reader.text(), /^event: gap\ndata: \{"missed":[1-9]\d*\}$/m)
})

t.test('on shutdown every stream gets an end event, and slow readers do not delay it', async (t) => {
  const id = await make()
  const paths = ['/events', '/stats/stream', '/system/stats/stream', `/containers/${id}/stats/stream`]
  const streams = paths.map((path) => follow(`${server.url}${path}`))
  const logs = follow(`${server.url}/containers/${id}/logs?follow=true`)
  await streams[3]?.count(1)
  await streams[1]?.count(1)
  const stuck = await openMany(t, server.url, 5, (socket) => void socket.pause())
  const start = performance.now()
  t.equal(await server.kill('SIGTERM'), 0)
  t.ok(performance.now() - start < 8_000, `it took ${Math.round(performance.now() - start)} ms`)
  for (const [index, stream] of [...streams, logs].entries()) {
    const last = (await stream.ended).at(-1)
    t.match(last, { event: 'end', data: { reason: 'the server is stopping' } }, paths[index] ?? 'logs')
  }
  for (const { socket } of stuck) socket.destroy()
})

type Reader = { socket: Socket; text: () => string; bytes: () => number }

/** Plain sockets that request /stats/stream. Text is kept for those that do not read at first. */
async function openMany(
  t: Pick<Test, 'teardown'>,
  url: string,
  count: number,
  prepare: (socket: Socket) => void
): Promise<Reader[]> {
  const { hostname, port } = new URL(url)
  const readers: Reader[] = []
  for (let n = 0; n < count; n++) {
    const socket = connect(Number(port), hostname)
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    const pieces: Buffer[] = []
    let bytes = 0
    socket.on('data', (piece) => {
      bytes += piece.length
      if (count <= 20) pieces.push(piece)
    })
    socket.on('error', () => {})
    prepare(socket)
    socket.write('GET /stats/stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    readers.push({ socket, text: () => Buffer.concat(pieces).toString(), bytes: () => bytes })
  }
  return readers
}

/**
 * The kernel keeps some MiB for a reader that does not read: minutes of statistics of real containers. So here are made-up
 * ones with names so long that it is full after a few seconds. The server is the same, but in this process.
 */
async function startOverload(t: Test) {
  const engine = createMemoryEngine()
  for (let n = 0; n < 10; n++) engine.add({ name: `c${n}`.padEnd(400_000, 'x') })
  const { app } = await build(t, { engine })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const [reader] = await openMany(t, url, 1, (socket) => void socket.pause())
  const [counter] = await openMany(t, url, 1, (socket) => void socket.resume())
  if (!reader || !counter) throw new Error('not connected')
  return { reader, ticks: () => Math.floor(counter.bytes() / 4e6) }
}

function residentMemory(pid: number | undefined): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

const mib = (bytes: number) => Math.round(bytes / 1024 ** 2)
