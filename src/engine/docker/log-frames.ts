// Parses container output into lines. Without a TTY it has frames (8 bytes of header: stream number, length), with one
// it is raw. Lines have timestamps, from which a reader can resume.

import type { LogLine } from '../contract/workloads.ts'
import { UnreadableAnswer } from './failures.ts'

type StreamName = LogLine['stream']
type Frame = { stream: StreamName; missing: number }
/** `isFirst`: it begins a frame. */
type Piece = { stream: StreamName; bytes: Buffer; isFirst?: boolean }
type Rest = { bytes: Buffer; seams: number[] }

const HEAD_BYTES = 8
const LAST_STREAM = 3
// Engines send tens of kilobytes at once.
const MAX_FRAME_BYTES = 16 * 1024 ** 2
const NEWLINE = 0x0a
const MAX_LINE_BYTES = 256 * 1024
const PART_BYTES = 16 * 1024
const TIME = /^\d{4}-\d\d-\d\dT[^ ]{1,40}/
const MAX_TIME_BYTES = 52

/** Passes content on as it arrives, so a frame takes no more memory than a chunk. */
async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  let pending: Buffer = Buffer.alloc(0)
  let frame: Frame = { stream: 'stdout', missing: 0 }
  let isFirst = false
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? asBuffer(chunk) : Buffer.concat([pending, chunk])
    while (pending.length >= (frame.missing > 0 ? 1 : HEAD_BYTES)) {
      if (frame.missing === 0) {
        frame = readHead(pending)
        pending = pending.subarray(HEAD_BYTES)
        isFirst = true
      }
      const bytes = pending.subarray(0, frame.missing)
      frame.missing -= bytes.length
      pending = pending.subarray(bytes.length)
      if (bytes.length === 0) continue
      yield { stream: frame.stream, bytes, isFirst }
      isFirst = false
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
  const rests: Record<StreamName, Rest> = { stdout: emptyRest(), stderr: emptyRest() }
  const join = tty ? withoutRepeats : withoutSeams
  for await (const { stream, bytes, isFirst } of readOutput(chunks, tty)) {
    const { bytes: rest, seams } = rests[stream]
    if (isFirst && rest.length > 0) seams.push(rest.length)
    const pending = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    let start = 0
    for (let end = pending.indexOf(NEWLINE); end !== -1; end = pending.indexOf(NEWLINE, start)) {
      yield parseLine(stream, join(pending.subarray(start, end), start === 0 ? seams : []))
      start = end + 1
    }
    rests[stream] = { bytes: pending.subarray(start), seams: start === 0 ? seams : [] }
    if (rests[stream].bytes.length > MAX_LINE_BYTES) {
      yield parseLine(stream, join(rests[stream].bytes, rests[stream].seams))
      rests[stream] = emptyRest()
    }
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const { bytes, seams } = rests[stream]
    if (bytes.length > 0) yield parseLine(stream, join(bytes, seams))
  }
}

function emptyRest(): Rest {
  return { bytes: Buffer.alloc(0), seams: [] }
}

function parseLine(stream: StreamName, line: Buffer): LogLine {
  const time = timeAt(line, 0)
  const text = line.toString('utf8', time === undefined ? 0 : time.length + 1)
  return { stream, time: time ?? '', text: text.endsWith('\r') ? text.slice(0, -1) : text }
}

/** An engine keeps a line in parts, and gives each part a frame and a time. */
function withoutSeams(line: Buffer, seams: number[]): Buffer {
  if (seams.length === 0) return line
  const starts = [0, ...seams.map((seam) => seam + lengthWithSpace(timeAt(line, seam)))]
  return Buffer.concat(starts.map((start, index) => line.subarray(start, seams[index])))
}

/** Without frames, a part is known only by the time of its line, which Docker repeats. */
function withoutRepeats(line: Buffer): Buffer {
  const time = timeAt(line, 0)
  if (time === undefined || line.length < PART_BYTES) return line
  const [, ...texts] = line.toString('latin1').split(`${time} `)
  return Buffer.from(`${time} ${texts.join('')}`, 'latin1')
}

function timeAt(line: Buffer, start: number): string | undefined {
  return TIME.exec(line.toString('latin1', start, start + MAX_TIME_BYTES))?.[0].trimEnd()
}

const lengthWithSpace = (time: string | undefined): number => (time === undefined ? 0 : time.length + 1)

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
