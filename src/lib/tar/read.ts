// Streams the entries of a tar file. The unread rest of an entry is skipped before the next one.

import { BLOCK, paddingOf, readBlock, readHeader, readRecords, TarError, type TarHeader } from './header.ts'

export type TarEntry = TarHeader & { content: AsyncIterable<Buffer> }

// Of the names and attributes of one entry.
const EXTENDED_BYTES = 1024 ** 2

export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const bytes = createByteReader(source)
  let extended = new Map<string, string>()
  let extendedBytes = 0
  try {
    for (let block = await bytes.take(BLOCK); block && !isEmpty(block); block = await bytes.take(BLOCK)) {
      const { flag, size } = readBlock(block)
      if (isExtension(flag) && (extendedBytes += size) > EXTENDED_BYTES) throw new TarError('a header is too long')
      const before = await readExtension(bytes, flag, size)
      if (before) {
        extended = new Map([...extended, ...before])
        continue
      }
      const header = readHeader(block, extended)
      extended = new Map()
      extendedBytes = 0
      // An entry that is not a file may have a size but no content.
      const length = header.kind === 'file' || header.kind === 'unknown' ? header.size : 0
      const content = bytes.open(length)
      yield { ...header, content }
      await bytes.finish()
      await bytes.skip(paddingOf(length))
    }
    // The sender must not be cut off within the final blocks of a tar file.
    await bytes.skipAll()
  } finally {
    await bytes.close()
  }
}

/** Metadata before an entry. Undefined for the block of the entry itself. */
async function readExtension(bytes: ByteReader, flag: string, size: number): Promise<Map<string, string> | undefined> {
  if (!isExtension(flag)) return undefined
  const data = (await bytes.take(size)) ?? Buffer.alloc(0)
  await bytes.skip(paddingOf(size))
  if (flag === 'x') return readRecords(data)
  // It applies to all entries, and is irrelevant here.
  if (flag === 'g') return new Map()
  const text = data.toString('latin1').replace(/\0.*$/s, '')
  return new Map([[flag === 'L' ? 'path' : 'linkpath', text]])
}

const isExtension = (flag: string): boolean => /^[xgLK]$/.test(flag)
const isEmpty = (block: Buffer): boolean => block.every((byte) => byte === 0)

type ByteReader = ReturnType<typeof createByteReader>

function createByteReader(source: AsyncIterable<Buffer>) {
  const pieces = source[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  // Of the content that is open.
  let left = 0

  /** The next bytes, up to the given number; undefined at the end of the file. */
  async function next(most: number): Promise<Buffer | undefined> {
    while (rest.length === 0) {
      const { value, done } = await pieces.next()
      if (done) return undefined
      rest = value
    }
    const piece = rest.subarray(0, most)
    rest = rest.subarray(piece.length)
    return piece
  }

  async function nextOf(length: number): Promise<Buffer> {
    const piece = await next(length)
    if (!piece) throw new TarError('it ends early')
    return piece
  }

  async function skip(length: number): Promise<void> {
    for (let missing = length; missing > 0;) missing -= (await nextOf(missing)).length
  }

  async function* remaining(): AsyncGenerator<Buffer> {
    while (left > 0) {
      const piece = await nextOf(left)
      left -= piece.length
      yield piece
    }
  }

  return {
    skip,

    /** The given number of bytes; undefined if there are none at all. */
    async take(length: number): Promise<Buffer | undefined> {
      const first = length === 0 ? Buffer.alloc(0) : await next(length)
      if (!first || first.length === length) return first
      const taken = [first]
      for (let missing = length - first.length; missing > 0;) {
        const piece = await nextOf(missing)
        taken.push(piece)
        missing -= piece.length
      }
      return Buffer.concat(taken)
    },

    open(length: number): AsyncIterable<Buffer> {
      left = length
      return remaining()
    },

    async finish(): Promise<void> {
      await skip(left)
      left = 0
    },

    async skipAll(): Promise<void> {
      while (await next(Number.MAX_SAFE_INTEGER));
    },

    async close(): Promise<void> {
      await pieces.return?.()
    }
  }
}
