// Streams a zip file from entries of known sizes. Larger sizes use the newer format (zip64).

import { isUtf8 } from 'node:buffer'
import { pipeline, Readable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'
import type { TarEntry } from '../lib/tar/read.ts'

export type ZipEntry = Pick<TarEntry, 'name' | 'size' | 'mode' | 'mtimeNs' | 'content'> & {
  kind: 'file' | 'folder' | 'symlink'
}
type Facts = Omit<ZipEntry, 'content'>
type Written = Facts & { sum: number; packed: number; unpacked: number; offset: number }

const MOST_32 = 0xffffffff
const MOST_16 = 0xffff
// Compressed, it may be slightly larger than before.
const LARGE_BYTES = 0xf0000000
const NEWER = 45
const OLDER = 20
const UNIX = 3
const DEFLATED = 8
// The checksum and sizes follow the content.
const SIZES_FOLLOW = 0x0008
const NAME_IN_UTF8 = 0x0800
const TYPES = { file: 0o100000, folder: 0o040000, symlink: 0o120000 }
// One empty final block: the content of folders and empty files.
const PACKED_NOTHING = Buffer.from([3, 0])
const FIRST_YEAR = 1980

export async function* writeZip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Buffer> {
  const written: Written[] = []
  let at = 0
  for await (const { content, ...facts } of entries) {
    const done: Written = { ...facts, sum: 0, packed: 0, unpacked: 0, offset: at }
    const head = localHeader(facts)
    yield head
    for await (const piece of deflated(facts, summed(content, done))) {
      done.packed += piece.length
      yield piece
    }
    const sizes = sizesOf(done)
    yield sizes
    at += head.length + done.packed + sizes.length
    written.push(done)
  }
  let bytes = 0
  for (const each of written) {
    const record = centralHeader(each)
    bytes += record.length
    yield record
  }
  yield endOf(written.length, bytes, at)
}

async function* summed(content: AsyncIterable<Buffer>, done: Written): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    done.sum = crc32(piece, done.sum)
    done.unpacked += piece.length
    yield piece
  }
}

function deflated({ size }: Facts, content: AsyncIterable<Buffer>): AsyncIterable<Buffer> | Buffer[] {
  if (size === 0) return [PACKED_NOTHING]

  const deflate = createDeflateRaw()
  // The reader gets the error.
  pipeline(Readable.from(content), deflate, () => {})
  return deflate
}

const isLarge = ({ size }: Facts): boolean => size >= LARGE_BYTES

function localHeader(entry: Facts): Buffer {
  const name = Buffer.from(entry.name, 'latin1')
  const more = isLarge(entry) ? zip64([0n, 0n]) : Buffer.alloc(0)
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50, 0)
  writeCommon(head, 4, entry, name)
  if (isLarge(entry)) head.fill(0xff, 18, 26)
  head.writeUInt16LE(more.length, 28)
  return Buffer.concat([head, name, more])
}

/** Version, flags, method, time, and the length of the name. */
function writeCommon(head: Buffer, at: number, entry: Facts, name: Buffer): void {
  head.writeUInt16LE(isLarge(entry) ? NEWER : OLDER, at)
  head.writeUInt16LE(SIZES_FOLLOW | (isUtf8(name) ? NAME_IN_UTF8 : 0), at + 2)
  head.writeUInt16LE(DEFLATED, at + 4)
  const { time, date } = dosTime(entry.mtimeNs)
  head.writeUInt16LE(time, at + 6)
  head.writeUInt16LE(date, at + 8)
  head.writeUInt16LE(name.length, at + 22)
}

function sizesOf(done: Written): Buffer {
  const large = isLarge(done)
  const record = Buffer.alloc(large ? 24 : 16)
  record.writeUInt32LE(0x08074b50, 0)
  record.writeUInt32LE(done.sum, 4)
  if (large) {
    record.writeBigUInt64LE(BigInt(done.packed), 8)
    record.writeBigUInt64LE(BigInt(done.unpacked), 16)
  } else {
    record.writeUInt32LE(done.packed, 8)
    record.writeUInt32LE(done.unpacked, 12)
  }
  return record
}

function centralHeader(done: Written): Buffer {
  const name = Buffer.from(done.name, 'latin1')
  const large = isLarge(done)
  const far = done.offset >= MOST_32
  const numbers = [...(large ? [done.unpacked, done.packed] : []), ...(far ? [done.offset] : [])]
  const more = numbers.length === 0 ? Buffer.alloc(0) : zip64(numbers.map(BigInt))
  const head = Buffer.alloc(46)
  head.writeUInt32LE(0x02014b50, 0)
  head.writeUInt16LE((UNIX << 8) | NEWER, 4)
  writeCommon(head, 6, done, name)
  head.writeUInt32LE(done.sum, 16)
  head.writeUInt32LE(large ? MOST_32 : done.packed, 20)
  head.writeUInt32LE(large ? MOST_32 : done.unpacked, 24)
  head.writeUInt16LE(more.length, 30)
  head.writeUInt32LE(((TYPES[done.kind] | done.mode) << 16) >>> 0, 38)
  head.writeUInt32LE(far ? MOST_32 : done.offset, 42)
  return Buffer.concat([head, name, more])
}

function zip64(numbers: bigint[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * numbers.length)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(8 * numbers.length, 2)
  for (const [index, value] of numbers.entries()) extra.writeBigUInt64LE(value, 4 + 8 * index)
  return extra
}

function endOf(count: number, bytes: number, start: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Math.min(count, MOST_16), 8)
  end.writeUInt16LE(Math.min(count, MOST_16), 10)
  end.writeUInt32LE(Math.min(bytes, MOST_32), 12)
  end.writeUInt32LE(Math.min(start, MOST_32), 16)
  if (count < MOST_16 && bytes < MOST_32 && start < MOST_32) return end
  const newer = Buffer.alloc(76)
  newer.writeUInt32LE(0x06064b50, 0)
  newer.writeBigUInt64LE(44n, 4)
  newer.writeUInt16LE((UNIX << 8) | NEWER, 12)
  newer.writeUInt16LE(NEWER, 14)
  newer.writeBigUInt64LE(BigInt(count), 24)
  newer.writeBigUInt64LE(BigInt(count), 32)
  newer.writeBigUInt64LE(BigInt(bytes), 40)
  newer.writeBigUInt64LE(BigInt(start), 48)
  // Where the record above begins.
  newer.writeUInt32LE(0x07064b50, 56)
  newer.writeBigUInt64LE(BigInt(start + bytes), 64)
  newer.writeUInt32LE(1, 72)
  return Buffer.concat([newer, end])
}

/** In steps of two seconds since 1980, in UTC. */
function dosTime(mtimeNs: bigint): { time: number; date: number } {
  const at = new Date(Math.max(Number(mtimeNs / 1_000_000n), Date.UTC(FIRST_YEAR, 0, 1)))
  return {
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
    date: (((at.getUTCFullYear() - FIRST_YEAR) & 0x7f) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate()
  }
}
