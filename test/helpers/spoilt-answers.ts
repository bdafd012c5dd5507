// Answers of the engine as a hostile network, tunnel or proxy would forward them: cut, empty, garbled, swapped, too slow.

import { STATUS_CODES, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The engine has carried out the call, and its answer
 * - `cut head`, `cut body`: breaks off in the middle, with the connection
 * - `empty`: has its status and nothing else
 * - `garbled`: is no JSON any more
 * - `another`: is that of another call, about something else
 * - `wrong type`: has the right names and no value of the right type
 * - `html`: is a 500 with a page for people
 * - `trickle`: comes at one byte a second
 * - `half-open`: stops in the middle, and the connection stays open
 */
export const SPOILINGS = [
  'cut head',
  'cut body',
  'empty',
  'garbled',
  'another',
  'wrong type',
  'html',
  'trickle',
  'half-open'
] as const
export type Spoiling = (typeof SPOILINGS)[number]
export type Answer = { status: number; head: OutgoingHttpHeaders; content: Buffer }

const TRICKLE_MS = 1_000
const HTML = Buffer.from('<html><head><title>500</title></head><body><h1>Internal Server Error</h1></body></html>\n')

/** Sends it and makes the connection unusable. `another` is the content of another call's answer. */
export function sendSpoilt(response: ServerResponse, spoiling: Spoiling, answer: Answer, another: Buffer): void {
  const { socket } = response
  if (!socket) return
  const { bytes, headLength } = write(spoil(spoiling, answer, another))
  const hasBody = bytes.length > headLength
  if (spoiling === 'cut head') return void socket.end(bytes.subarray(0, headLength >> 1))
  const middle = hasBody ? headLength + ((bytes.length - headLength) >> 1) : headLength - 2
  if (spoiling === 'cut body') return void socket.end(bytes.subarray(0, middle))
  if (spoiling === 'half-open') return void socket.write(bytes.subarray(0, middle))
  if (spoiling === 'trickle') {
    // A slow head and a slow body are different faults. If there is a body, only the body is slow.
    socket.write(bytes.subarray(0, hasBody ? headLength : 1))
    return trickle(socket, bytes.subarray(hasBody ? headLength : 1))
  }
  socket.end(bytes)
}

/** The spoilt form of one chunk of a stream. */
export function spoilPiece(spoiling: Spoiling, piece: Buffer, another: Buffer): Buffer {
  return spoil(spoiling, { status: 200, head: {}, content: piece }, another).content
}

export function trickle(socket: Socket | ServerResponse, bytes: Buffer): void {
  let sent = 0
  const timer = setInterval(() => {
    socket.write(bytes.subarray(sent, ++sent))
    if (sent === bytes.length) clearInterval(timer)
  }, TRICKLE_MS)
  socket.on('close', () => clearInterval(timer))
}

function spoil(spoiling: Spoiling, answer: Answer, another: Buffer): Answer {
  // An answer that cannot have a body gets one.
  const status = answer.status === 204 ? 200 : answer.status
  const json = { ...answer.head, 'content-type': 'application/json' }
  switch (spoiling) {
    case 'empty':
      return { ...answer, content: Buffer.alloc(0) }
    case 'garbled':
      return { status, head: json, content: Buffer.from(answer.content.map((byte) => byte ^ 0x5a)) }
    case 'another':
      return { status, head: json, content: another }
    case 'wrong type':
      return { status, head: json, content: Buffer.from(JSON.stringify(twistJson(answer.content))) }
    case 'html':
      return { status: 500, head: { 'content-type': 'text/html' }, content: HTML }
    default:
      return answer
  }
}

function twistJson(content: Buffer): unknown {
  try {
    return twist(JSON.parse(content.toString()))
  } catch {
    return 7
  }
}

/** The same names with values of other types. */
function twist(value: unknown): unknown {
  if (typeof value === 'string') return 7
  if (typeof value === 'number') return 'seven'
  if (typeof value === 'boolean') return []
  if (value === null || Array.isArray(value)) return { 7: 'seven' }
  return Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, twist(inner)]))
}

function write({ status, head, content }: Answer): { bytes: Buffer; headLength: number } {
  const skipped = new Set(['transfer-encoding', 'content-length', 'connection'])
  const lines = Object.entries(head).filter(([name]) => !skipped.has(name))
  const length = status === 204 || status === 304 ? [] : [['content-length', content.length] as const]
  const text = [...lines, ...length].map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')
  const written = Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n${text}\r\n`)
  return { bytes: Buffer.concat([written, content]), headLength: written.length }
}
