// Reads and writes the headers of tar files. Names may contain any byte, so every text of a header has one character for each
// byte (latin1). Pure.

type TarKind = 'file' | 'folder' | 'symlink' | 'link' | 'fifo' | 'device' | 'unknown'

export type TarHeader = {
  name: string
  kind: TarKind
  /** Of the content that follows. */
  size: number
  mode: number
  uid: number
  gid: number
  mtimeNs: bigint
  /** Of links. */
  target: string
  /** Other PAX records, such as extended attributes. */
  more: ReadonlyMap<string, string>
}

/** An invalid tar file. */
export class TarError extends Error {}

export const BLOCK = 512
export const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

const KINDS: Record<string, TarKind> = {
  0: 'file',
  1: 'link',
  2: 'symlink',
  3: 'device',
  4: 'device',
  5: 'folder',
  6: 'fifo',
  7: 'file'
}
const FLAGS: Partial<Record<TarKind, string>> = { file: '0', link: '1', symlink: '2', folder: '5', fifo: '6' }
const PAX = 'x'
const NANOSECONDS = 1_000_000_000n
// Fields of a header: offset and length.
const NAME = [0, 100] as const
const MODE = [100, 8] as const
const UID = [108, 8] as const
const GID = [116, 8] as const
const SIZE = [124, 12] as const
const MTIME = [136, 12] as const
const SUM = [148, 8] as const
const FLAG = [156, 1] as const
const TARGET = [157, 100] as const
const MAGIC = [257, 8] as const
const PREFIX = [345, 155] as const
const USTAR = 'ustar\u000000'

type Field = readonly [start: number, length: number]

/** The type flag of a block, and the size of its content. */
export function readBlock(block: Buffer): { flag: string; size: number } {
  if (Number.parseInt(textAt(block, SUM).trim(), 8) !== sumOf(block))
    throw new TarError('a header has a wrong checksum')
  return { flag: textAt(block, FLAG), size: numberAt(block, SIZE) }
}

/** `extended` are the PAX records before the block. */
export function readHeader(block: Buffer, extended: ReadonlyMap<string, string>): TarHeader {
  const flag = textAt(block, FLAG)
  const more = new Map(extended)
  const taken = (record: string): string | undefined => {
    const value = more.get(record)
    more.delete(record)
    return value
  }
  const numeric = (record: string, field: Field): number => {
    const value = taken(record)
    return value === undefined ? numberAt(block, field) : checked(Number(value))
  }
  // GNU's tar calls itself "ustar ", and has something else there.
  const prefix = block.toString('latin1', MAGIC[0], MAGIC[0] + 6) === 'ustar\0' ? textAt(block, PREFIX) : ''
  const short = textAt(block, NAME)
  const name = taken('path') ?? (prefix === '' ? short : `${prefix}/${short}`)
  const size = numeric('size', SIZE)
  const mtime = taken('mtime')
  return {
    name,
    // Old tar files mark it by the name.
    kind: flag === '' && name.endsWith('/') ? 'folder' : (KINDS[flag || '0'] ?? 'unknown'),
    size,
    mode: numberAt(block, MODE) & 0o7777,
    uid: numeric('uid', UID),
    gid: numeric('gid', GID),
    mtimeNs: mtime === undefined ? BigInt(signedAt(block, MTIME)) * NANOSECONDS : nanoseconds(mtime),
    target: taken('linkpath') ?? textAt(block, TARGET),
    more
  }
}

/** Each is "length name=value\n". */
export function readRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at)
    const length = Number(bytes.toString('latin1', at, space === -1 ? at : space))
    const record = bytes.toString('latin1', space + 1, at + length - 1)
    const equals = record.indexOf('=')
    if (!Number.isInteger(length) || length < 5 || at + length > bytes.length || equals === -1)
      throw new TarError('a header has records that cannot be read')
    records.set(record.slice(0, equals), record.slice(equals + 1))
    at += length
  }
  return records
}

/** The blocks before the content of an entry. */
export function writeHeader(header: TarHeader): Buffer {
  const { name, kind, size, mode, uid, gid, mtimeNs, target } = header
  const flag = FLAGS[kind]
  if (flag === undefined) throw new TarError(`an entry of the kind ${kind} cannot be written`)
  const seconds = mtimeNs / NANOSECONDS
  const records = new Map(header.more)
  if (name.length > NAME[1]) records.set('path', name)
  if (target.length > TARGET[1]) records.set('linkpath', target)
  if (size >= 8 ** (SIZE[1] - 1)) records.set('size', String(size))
  if (uid >= 8 ** (UID[1] - 1)) records.set('uid', String(uid))
  if (gid >= 8 ** (GID[1] - 1)) records.set('gid', String(gid))
  if (seconds < 0n || seconds >= 8n ** 11n || mtimeNs % NANOSECONDS !== 0n) records.set('mtime', decimal(mtimeNs))
  const block = blockOf(flag, { name, size, mode, uid, gid, seconds: seconds < 0n ? 0 : Number(seconds), target })
  if (records.size === 0) return block
  const extended = Buffer.from([...records].map(([record, value]) => recordOf(record, value)).join(''), 'latin1')
  const before = { name: 'PaxHeader', size: extended.length, mode: 0o644, uid: 0, gid: 0, seconds: 0, target: '' }
  return Buffer.concat([blockOf(PAX, before), extended, Buffer.alloc(paddingOf(extended.length)), block])
}

type Fields = {
  name: string
  size: number
  mode: number
  uid: number
  gid: number
  seconds: number
  target: string
}

function blockOf(flag: string, { name, size, mode, uid, gid, seconds, target }: Fields): Buffer {
  const block = Buffer.alloc(BLOCK)
  const write = ([start, length]: Field, text: string) => block.write(text, start, length, 'latin1')
  // Values that do not fit are in the records before the block.
  const octal = (field: Field, value: number) =>
    write(field, (value % 8 ** (field[1] - 1)).toString(8).padStart(field[1] - 1, '0'))
  write(NAME, name)
  octal(MODE, mode)
  octal(UID, uid)
  octal(GID, gid)
  octal(SIZE, size)
  octal(MTIME, seconds)
  write(FLAG, flag)
  write(TARGET, target)
  write(MAGIC, USTAR)
  write(SUM, `${sumOf(block).toString(8).padStart(6, '0')}\0 `)
  return block
}

/** The length counts its own digits, too. */
function recordOf(name: string, value: string): string {
  const rest = ` ${name}=${value}\n`
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}

function textAt(block: Buffer, [start, length]: Field): string {
  const text = block.toString('latin1', start, start + length)
  const end = text.indexOf('\0')
  return end === -1 ? text : text.slice(0, end)
}

const numberAt = (block: Buffer, field: Field): number => checked(signedAt(block, field))

/** In octal digits; if these do not suffice, GNU tar sets the first bit and writes the number in binary. */
function signedAt(block: Buffer, [start, length]: Field): number {
  const first = block[start] ?? 0
  if (first < 0x80) {
    const digits = block
      .toString('latin1', start, start + length)
      .replaceAll('\0', ' ')
      .trim()
    return digits === '' ? 0 : safe(/^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN)
  }
  let value = BigInt(first & 0x7f)
  for (const byte of block.subarray(start + 1, start + length)) value = value * 256n + BigInt(byte)
  return safe(Number(BigInt.asIntN(8 * length - 1, value)))
}

function checked(value: number): number {
  return safe(value < 0 ? Number.NaN : value)
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new TarError('a header has a number that cannot be read')
  return value
}

/** All bytes, with blanks in place of the sum itself. */
function sumOf(block: Buffer): number {
  let sum = SUM[1] * 0x20
  for (let at = 0; at < BLOCK; at++) if (at < SUM[0] || at >= SUM[0] + SUM[1]) sum += block[at] ?? 0
  return sum
}

function nanoseconds(text: string): bigint {
  const [, sign = '', seconds = '', fraction = ''] = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text) ?? []
  if (seconds === '') throw new TarError('a header has a time that cannot be read')
  const value = BigInt(seconds) * NANOSECONDS + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return sign === '' ? value : -value
}

function decimal(ns: bigint): string {
  const size = ns < 0n ? -ns : ns
  return `${ns < 0n ? '-' : ''}${size / NANOSECONDS}.${String(size % NANOSECONDS).padStart(9, '0')}`
}
