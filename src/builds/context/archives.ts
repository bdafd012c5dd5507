// The entries of an uploaded tar or zip file, one after the other. Nothing is unpacked onto the disk.

import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { extract as createExtract } from 'tar-stream'
import yauzl, { type Entry } from 'yauzl'
import { AppError, isDiskFull } from '../../errors.ts'
import type { EntrySource } from './pack.ts'
import { invalidContext } from './rules.ts'

const FILE_TYPE = 0o170000
const SYMLINK = 0o120000
const DEVICES = new Set([0o020000, 0o060000, 0o010000, 0o140000])
const MAX_LINK_BYTES = 4096
const UNIX = 3

export async function* tarEntries(source: Readable): AsyncGenerator<EntrySource> {
  // Also archives from before the magic number. The checksum of each header is checked.
  const extract = createExtract({ allowUnknownFormat: true } as object)
  let failure: Error | undefined
  source.on('error', (error) => {
    failure = error
    extract.destroy(error)
  })
  source.pipe(extract)
  const explain = (error: unknown) => explained(failure ?? error, 'tar')
  try {
    for await (const entry of extract) {
      yield { header: entry.header, content: explaining(entry as AsyncIterable<Uint8Array>, explain) }
      // The reader skips the unread rest before the next entry.
      entry.resume()
    }
  } catch (error) {
    throw explain(error)
  } finally {
    source.destroy()
  }
}

export async function* zipEntries(file: string): AsyncGenerator<EntrySource> {
  const explain = (error: unknown) => explained(error, 'zip')
  // Names are decoded below, so that one place has the rules for names in a context.
  const zip = await yauzl.openPromise(file, { decodeStrings: false }).catch((error: unknown) => {
    throw explain(error)
  })
  try {
    for await (const entry of zip.eachEntry()) {
      const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry
      const name = yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false)
      if (entry.isEncrypted()) throw invalidContext(`${JSON.stringify(name)} is encrypted.`)
      const mode = unixMode(entry)
      const base = { name, mtime: entry.getLastModDate() }
      if (DEVICES.has(mode & FILE_TYPE)) throw invalidContext(`${JSON.stringify(name)} is no file, folder or link.`)
      if (name.endsWith('/')) {
        yield { header: { ...base, type: 'directory', mode: mode & 0o7777 || 0o755 }, content: undefined }
      } else if ((mode & FILE_TYPE) === SYMLINK) {
        const linkname = await readShort(await zip.openReadStreamPromise(entry))
        yield { header: { ...base, type: 'symlink', mode: 0o777, linkname }, content: undefined }
      } else {
        const content = await zip.openReadStreamPromise(entry)
        // It may fail before there is a reader.
        content.on('error', () => {})
        const size = entry.uncompressedSize
        const header = { ...base, type: 'file', mode: mode & 0o7777 || 0o644, size } as const
        try {
          yield { header, content: explaining(checked(content, entry), explain) }
        } finally {
          content.destroy()
        }
      }
    }
  } catch (error) {
    throw explain(error)
  } finally {
    zip.close()
  }
}

function unixMode({ versionMadeBy, externalFileAttributes }: Entry): number {
  return versionMadeBy >> 8 === UNIX ? externalFileAttributes >>> 16 : 0
}

async function* checked(content: AsyncIterable<Uint8Array>, entry: Entry): AsyncGenerator<Uint8Array> {
  let sum = 0
  for await (const chunk of content) {
    sum = crc32(chunk, sum)
    yield chunk
  }
  if (sum !== entry.crc32) throw new Error('a checksum is wrong')
}

async function* explaining(
  content: AsyncIterable<Uint8Array>,
  explain: (error: unknown) => unknown
): AsyncGenerator<Uint8Array> {
  try {
    yield* content
  } catch (error) {
    throw explain(error)
  }
}

function explained(error: unknown, kind: 'tar' | 'zip'): unknown {
  if (error instanceof AppError || isDiskFull(error)) return error
  const said = error instanceof Error ? error.message : String(error)
  return invalidContext(`The ${kind} file is damaged or cut short (${said}).`, error)
}

async function readShort(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) {
    text += String(chunk)
    if (text.length > MAX_LINK_BYTES) throw invalidContext('A link in the zip file is too long.')
  }
  return text
}
