// A client of terminals: it opens one over a WebSocket, acknowledges its input by default, and waits for expected output.

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { StringDecoder } from 'node:string_decoder'
import { WebSocket } from 'ws'
import {
  decodeServer,
  encodeClient,
  protocolsFor,
  type ClientFrame,
  type Ended,
  type Failed,
  type Opened,
  type Resume,
  type Start
} from '../../src/terminal/frames.ts'
import { until } from './until.ts'

type Given = {
  token?: string
  headers?: Record<string, string>
  acknowledges?: boolean
  onOutput?: (bytes: Uint8Array) => void
}

/** `base` is the address of the server, `http://…`. */
export async function openTerminal(base: string, container: string, open: Start | Resume = {}, given: Given = {}) {
  const { token, headers = {}, acknowledges = true, onOutput } = given
  const url = `${base.replace(/^http/, 'ws')}/containers/${container}/terminal`
  const socket = new WebSocket(url, protocolsFor(token), { headers, perMessageDeflate: false })
  const decoder = new StringDecoder('utf8')
  let text = ''
  let bytes = 0
  let received = 0
  let opened: Opened | undefined
  let ended: Ended | undefined
  let failed: Failed | undefined
  let closed: number | undefined
  socket.on('message', (data: Buffer) => {
    const frame = decodeServer(data)
    if (frame?.kind === 'opened') {
      opened = frame.opened
      received = frame.opened.offset
    } else if (frame?.kind === 'output') {
      bytes += frame.bytes.length
      received += frame.bytes.length
      text = (text + decoder.write(frame.bytes)).slice(-1_000_000)
      onOutput?.(frame.bytes)
      if (acknowledges) send({ kind: 'ack', received })
    } else if (frame?.kind === 'ended') ended = frame.ended
    else if (frame?.kind === 'failed') failed = frame.failed
  })
  socket.on('close', (code) => (closed = code))
  const send = (frame: ClientFrame) => socket.send(encodeClient(frame))
  await once(socket, 'open')
  send({ kind: 'open', open })
  await until(() => opened !== undefined || failed !== undefined || closed !== undefined)

  return {
    socket,
    send,
    type: (input: string) => send({ kind: 'input', bytes: Buffer.from(input) }),
    acknowledge: () => send({ kind: 'ack', received }),
    text: () => text,
    bytes: () => bytes,
    received: () => received,
    opened: () => opened as Opened,
    failed: () => failed,
    closed: () => closed,
    shows: (what: string | RegExp) => until(() => (typeof what === 'string' ? text.includes(what) : what.test(text))),
    async ended(): Promise<Ended> {
      await until(() => ended !== undefined || closed !== undefined)
      return ended as Ended
    },
    whenClosed: () => until(() => closed !== undefined),
    /** As if a cable were pulled. */
    cut: () => socket.terminate()
  }
}

/** The answer to a refused upgrade. */
export async function refusedUpgrade(base: string, container: string, { token, headers = {} }: Given = {}) {
  const url = `${base.replace(/^http/, 'ws')}/containers/${container}/terminal`
  const socket = new WebSocket(url, protocolsFor(token), { headers })
  socket.on('error', () => {})
  const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  const pieces: Buffer[] = []
  for await (const piece of answer) pieces.push(piece as Buffer)
  return {
    status: answer.statusCode,
    ...(JSON.parse(Buffer.concat(pieces).toString()) as { code: string; detail: string })
  }
}
