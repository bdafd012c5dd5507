// Container output as lines. Without a TTY it comes in frames (8 bytes of head: stream number, length), with one it is raw.
// Lines are asked for with timestamps, which gives each an identity to resume from.

import { StringDecoder } from 'node:string_decoder'
import type { LogLine } from './engine.ts'

type StreamName = LogLine['stream']
type Piece = { stream: StreamName; bytes: Buffer }

const HEAD_BYTES = 8
const MAX_LINE_CHARS = 256 * 1024

async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  let pending: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? asBuffer(chunk) : Buffer.concat([pending, chunk])
    let offset = 0
    while (pending.length - offset >= HEAD_BYTES) {
      const end = offset + HEAD_BYTES + pending.readUInt32BE(offset + 4)
      if (pending.length < end) break
      yield { stream: pending[offset] === 2 ? 'stderr' : 'stdout', bytes: pending.subarray(offset + HEAD_BYTES, end) }
      offset = end
    }
    pending = pending.subarray(offset)
  }
}

async function* readRaw(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  for await (const chunk of chunks) yield { stream: 'stdout', bytes: asBuffer(chunk) }
}

/** The framed or raw pieces of a stream, as they come. */
export function readOutput(chunks: AsyncIterable<Uint8Array>, tty: boolean): AsyncGenerator<Piece> {
  return tty ? readRaw(chunks) : readFrames(chunks)
}

/** One decoder for each of the two streams, or a character split across frames would break. */
export async function* readLogLines(chunks: AsyncIterable<Uint8Array>, tty: boolean): AsyncGenerator<LogLine> {
  const states = { stdout: newState(), stderr: newState() }
  for await (const { stream, bytes } of readOutput(chunks, tty)) {
    const state = states[stream]
    state.rest += state.decoder.write(bytes)
    let start = 0
    for (let end = state.rest.indexOf('\n'); end !== -1; end = state.rest.indexOf('\n', start)) {
      yield parseLine(stream, state.rest.slice(start, end))
      start = end + 1
    }
    state.rest = state.rest.slice(start)
    if (state.rest.length > MAX_LINE_CHARS) {
      yield parseLine(stream, state.rest)
      state.rest = ''
    }
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const rest = states[stream].rest + states[stream].decoder.end()
    if (rest !== '') yield parseLine(stream, rest)
  }
}

function newState() {
  return { decoder: new StringDecoder('utf8'), rest: '' }
}

function parseLine(stream: StreamName, line: string): LogLine {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  const space = text.indexOf(' ')
  const time = space === -1 ? text : text.slice(0, space)
  return /^\d{4}-\d\d-\d\dT/.test(time)
    ? { stream, time, text: space === -1 ? '' : text.slice(space + 1) }
    : { stream, time: '', text }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
