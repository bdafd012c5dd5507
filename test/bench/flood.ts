// Programs that flood terminals, each read at its share of a rate: through Berth, or directly from the engine. A worker, so
// that the reads do not delay the measurement.

import http from 'node:http'
import type { Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { WebSocket } from 'ws'
import { decodeServer, encodeClient, protocolsFor, WINDOW_BYTES } from '../../src/terminal/frames.ts'
import { API, ENGINE, must } from './harness.ts'

export type FloodData = {
  container: string
  terminals: number
  bytesPerSecond: number
  /** The address of Berth, `http://…`, or undefined without Berth. */
  berth: string | undefined
}
/** Takes as many bytes as its rate allows by now, plus a window. */
type Reader = { received: number; allow: (bytes: number) => void; end: () => void }

const COMMAND = ['yes', 'x'.repeat(1000)]
const AT_ONCE = 2
const { container, terminals, bytesPerSecond, berth } = workerData as FloodData

/** Acknowledges as fast as its rate allows. */
function throughBerth(base: string): Promise<Reader> {
  const url = `${base.replace(/^http/, 'ws')}/containers/${container}/terminal`
  const socket = new WebSocket(url, protocolsFor(undefined), { perMessageDeflate: false })
  let acknowledged = 0
  const reader: Reader = {
    received: 0,
    end: () => socket.close(),
    allow(bytes) {
      const received = Math.floor(Math.min(bytes, reader.received))
      if (received > acknowledged) socket.send(encodeClient({ kind: 'ack', received: (acknowledged = received) }))
    }
  }
  socket.on('open', () => socket.send(encodeClient({ kind: 'open', open: { command: COMMAND } })))
  return new Promise((resolve, reject) => {
    socket.on('error', reject).on('message', (data: Buffer) => {
      const frame = decodeServer(data)
      if (frame?.kind === 'opened') resolve(reader)
      else if (frame?.kind === 'output') reader.received += frame.bytes.length
      else if (frame?.kind === 'failed') throw new Error(`the terminal said ${JSON.stringify(frame)}`)
    })
  })
}

/** Reads as far ahead as Berth's clients may. */
async function pastBerth(): Promise<Reader> {
  const exec = { Cmd: COMMAND, AttachStdout: true, Tty: true }
  const { Id: id } = JSON.parse(await must(ENGINE, 'POST', `${API}/containers/${container}/exec`, exec)) as {
    Id: string
  }
  const path = `${API}/exec/${id}/start`
  const headers = { 'content-type': 'application/json', connection: 'Upgrade', upgrade: 'tcp' }
  const call = http.request({ ...ENGINE, method: 'POST', path, headers })
  const socket = await new Promise<Socket>((resolve, reject) => {
    call.on('upgrade', (_answer, upgraded: Socket) => resolve(upgraded)).on('error', reject)
    call.end(JSON.stringify({ Tty: true }))
  })
  let allowed = 0
  const reader: Reader = {
    received: 0,
    end: () => socket.destroy(),
    allow(bytes) {
      allowed = bytes
      if (reader.received < allowed + WINDOW_BYTES) socket.resume()
    }
  }
  socket.on('data', (bytes: Buffer) => {
    reader.received += bytes.length
    if (reader.received >= allowed + WINDOW_BYTES) socket.pause()
  })
  return reader
}

const open = () => (berth === undefined ? pastBerth() : throughBerth(berth))
// One after the other: an engine needs seconds to start many commands at once.
const readers: Reader[] = []
while (readers.length < terminals) readers.push(await open())
const total = () => readers.reduce((sum, { received }) => sum + received, 0)
const opening = total()
let isRunning = false
let ranMs = 0
let last = performance.now()
let turn = 0
setInterval(() => {
  const now = performance.now()
  if (isRunning) ranMs += now - last
  last = now
  const share = ((ranMs / 1000) * bytesPerSecond) / terminals
  // One after the other, like independent clients.
  for (let each = 0; each < AT_ONCE; each++) readers[turn++ % terminals]?.allow(share)
}, 1)

parentPort?.on('message', (asked: 'run' | 'pause' | 'end') => {
  isRunning = asked === 'run'
  if (asked !== 'end') return
  for (const reader of readers) reader.end()
  const bytes = total() - opening
  parentPort?.postMessage({ bytesPerSecond: (bytes * 1000) / ranMs })
})
parentPort?.postMessage('open')
