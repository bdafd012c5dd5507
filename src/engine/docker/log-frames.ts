// Parses container output into lines. Without a TTY it has frames (8 bytes of header: stream number, length), with one
// it is raw. Lines have timestamps, from which a reader can resume.

import type { LogLine } from '../contract/workloads.ts'
import { UnreadableAnswer } from './failures.ts'

type StreamName = LogLine['stream']
type Frame = { stream: StreamName; missing: number }
type Piece = { stream: StreamName; bytes: Buffer }

const HEAD_BYTES = 8
const LAST_STREAM = 3
// Engines send tens of kilobytes at once.
const MAX_FRAME_BYTES = 16 * 1024 ** 2
const NEWLINE = 0x0a
const MAX_LINE_BYTES = 256 * 1024
const PART_BYTES = 16 * 1024

/** Passes content on as it arrives, so a frame takes no more memory than a chunk. */
async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  let pending: Buffer = Buffer.alloc(0)
  let frame: Frame = { stream: 'stdout', missing: 0 }
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? asBuffer(chunk) : Buffer.concat([pending, chunk])
    while (pending.length >= (frame.missing > 0 ? 1 : HEAD_BYTES)) {
      if (frame.missing === 0) {
        frame = readHead(pending)
        pending = pending.subarray(HEAD_BYTES)
      }
      const bytes = pending.subarray(0, frame.missing)
      frame.missing -= bytes.length
      pending = pending.subarray(bytes.length)
      if (bytes.length > 0) yield { stream: frame.stream, bytes }
    }
  }
  if (frame.missing > 0 || pending.length > 0) throw new UnreadableAnswer('it ends in the middle of a frame')
}

function readHead(bytes: Buffer): Frame {
  const [number = 0, ...padding] = bytes.subarray(0, 4)
  const missing = bytes.readUInt32BE(4)
  if (number > LAST_STREAM || padding.some(Boolean)) throw new UnreadableAnswer('it does not come in frames')
  if (missing > MAX_FRAME_BYTES) throw new UnreadableAnswer(`it has a frame of ${missing} bytes`)
  return { stream: number === 2 ? 'stderr' : 'stdout', missing }
}

async function* readRaw(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  for await (const chunk of chunks) yield { stream: 'stdout', bytes: asBuffer(chunk) }
}

/** The framed or raw pieces of a stream. */
export function readOutput(chunks: AsyncIterable<Uint8Array>, tty: boolean): AsyncGenerator<Piece> {
  return tty ? readRaw(chunks) : readFrames(chunks)
}

/** Lines are put together as bytes, one stream apart from the other: a character may be split across frames. */
export async function* readLogLines(chunks: AsyncIterable<Uint8Array>, tty: boolean): AsyncGenerator<LogLine> {
  const rests: Record<StreamName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  for await (const { stream, bytes } of readOutput(chunks, tty)) {
    const pending = rests[stream].length === 0 ? bytes : Buffer.concat([rests[stream], bytes])
    let start = 0
    for (let end = pending.indexOf(NEWLINE); end !== -1; end = pending.indexOf(NEWLINE, start)) {
      yield parseLine(stream, pending.subarray(start, end))
      start = end + 1
    }
    rests[stream] = pending.subarray(start)
    if (rests[stream].length > MAX_LINE_BYTES) {
      yield parseLine(stream, rests[stream])
      rests[stream] = Buffer.alloc(0)
    }
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    if (rests[stream].length > 0) yield parseLine(stream, rests[stream])
  }
}

function parseLine(stream: StreamName, line: Buffer): LogLine {
  const space = line.indexOf(' ')
  const time = line.toString('latin1', 0, space === -1 ? line.length : space).trimEnd()
  const isTimed = /^\d{4}-\d\d-\d\dT/.test(time)
  const bytes = !isTimed ? line : space === -1 ? Buffer.alloc(0) : withoutSeams(line.subarray(space + 1), time)
  const text = bytes.toString('utf8')
  return { stream, time: isTimed ? time : '', text: text.endsWith('\r') ? text.slice(0, -1) : text }
}

/** The engine keeps a long line in parts, and gives each part the line's time again. */
function withoutSeams(bytes: Buffer, time: string): Buffer {
  if (bytes.length < PART_BYTES) return bytes
  const seam = `${time} `
  const parts: Buffer[] = []
  let start = 0
  for (let end = bytes.indexOf(seam); end !== -1; end = bytes.indexOf(seam, start)) {
    parts.push(bytes.subarray(start, end))
    start = end + seam.length
  }
  return Buffer.concat([...parts, bytes.subarray(start)])
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
