// The entries of an uploaded tar or zip file, one after the other. Nothing is unpacked onto the disk.

import type { Readable } from 'node:stream'
import { extract as createExtract } from 'tar-stream'
import yauzl, { type Entry } from 'yauzl'
import { AppError } from '../../errors.ts'
import type { EntrySource } from './pack.ts'
import { invalidContext } from './rules.ts'

const FILE_TYPE = 0o170000
const SYMLINK = 0o120000
const DEVICES = new Set([0o020000, 0o060000, 0o010000, 0o140000])
const MAX_LINK_BYTES = 4096
const UNIX = 3

export async function* tarEntries(source: Readable): AsyncGenerator<EntrySource> {
  const extract = createExtract()
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
      // What was not read stands before the next entry.
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
  const zip = await yauzl.openPromise(file).catch((error: unknown) => {
    throw explain(error)
  })
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.isEncrypted()) throw invalidContext(`${JSON.stringify(entry.fileName)} is encrypted.`)
      const mode = unixMode(entry)
      const name = entry.fileName
      const base = { name, mtime: entry.getLastModDate() }
      if (DEVICES.has(mode & FILE_TYPE)) throw invalidContext(`${JSON.stringify(name)} is no file, folder or link.`)
      if (name.endsWith('/')) {
        yield { header: { ...base, type: 'directory', mode: mode & 0o7777 || 0o755 }, content: undefined }
      } else if ((mode & FILE_TYPE) === SYMLINK) {
        const linkname = await readShort(await zip.openReadStreamPromise(entry))
        yield { header: { ...base, type: 'symlink', mode: 0o777, linkname }, content: undefined }
      } else {
        const content = await zip.openReadStreamPromise(entry)
        const size = entry.uncompressedSize
        const header = { ...base, type: 'file', mode: mode & 0o7777 || 0o644, size } as const
        yield { header, content: explaining(content, explain) }
        content.destroy()
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

export function isDiskFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code === 'ENOSPC' || code === 'EDQUOT'
}
