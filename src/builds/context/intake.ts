// Accepts an upload: detects its format, checks it while it streams, and writes a tar file that the builder may read.

import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { finished, Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { AppError } from '../../errors.ts'
import { tarEntries, zipEntries } from './archives.ts'
import { readDockerfile, type DockerfileReport } from './dockerfile.ts'
import { createKeeper, type Kept } from './kept.ts'
import { counted, writeTar, type EntrySource } from './pack.ts'
import {
  createMeter,
  entryPath,
  invalidContext,
  MAX_DOCKERFILE_BYTES,
  type ContextLimits,
  type Meter
} from './rules.ts'

type ContextKind = 'dockerfile' | 'tar' | 'zip'
export type Context = { kind: ContextKind; bytes: number; entries: number }
export type Intake = { context: Context; kept: Kept }

const DOCKERFILE = 'Dockerfile'
const TAR_MAGIC_AT = 257
const TAR_HEADER = 512

export async function takeContext(upload: Readable, tarFile: string, limits: ContextLimits): Promise<Intake> {
  const meter = createMeter(limits)
  const keeper = createKeeper()
  const zipFile = `${tarFile}.zip`
  try {
    const { head, rest } = await peek(measured(upload, limits.uploadBytes, meter))
    const kind = kindOf(head)
    if (kind === 'zip') {
      await pipeline(rest, counted(meter), createWriteStream(zipFile, { mode: 0o600 }))
      await writeTar(tarFile, zipEntries(zipFile), meter, keeper)
      meter.written(-(await stat(zipFile)).size)
    } else if (kind === 'dockerfile') {
      await writeTar(tarFile, [await dockerfileEntry(rest)], meter, keeper)
    } else {
      await writeTar(tarFile, tarEntries(kind === 'gzip' ? unzipped(rest) : rest), meter, keeper)
    }
    const { unpacked, entries } = meter.seen
    return { context: { kind: kind === 'gzip' ? 'tar' : kind, bytes: unpacked, entries }, kept: keeper.kept() }
  } catch (error) {
    // Reads and drops the rest: some clients read the response only after they have sent everything.
    upload.unpipe().resume()
    await rm(tarFile, { force: true })
    throw error
  } finally {
    await rm(zipFile, { force: true })
  }
}

/** The Dockerfile of an accepted context, read from it if it was not kept. */
export async function inspectDockerfile(
  tarFile: string,
  path: string,
  buildArgs: Record<string, string>,
  kept?: Kept
): Promise<DockerfileReport> {
  const wanted = entryPath(path)
  const text = kept?.texts.get(wanted ?? '')
  if (text !== undefined) return readDockerfile(text, buildArgs)
  for await (const { header, content } of tarEntries(createReadStream(tarFile))) {
    if (header.name !== wanted) continue
    if (header.type !== 'file' || content === undefined) throw noDockerfile(path, header.type)
    return readDockerfile((await readAll(content)).toString('utf8'), buildArgs)
  }
  throw invalidContext(`There is no file ${JSON.stringify(path)} in the context.`)
}

function noDockerfile(path: string, type: string | null | undefined): AppError {
  const isLink = type === 'symlink' || type === 'link'
  const advice = isLink ? 'a link; give the path of the file that it leads to as dockerfile' : `a ${type}, not a file`
  return invalidContext(`${JSON.stringify(path)} in the context is ${advice}.`)
}

function kindOf(head: Buffer): ContextKind | 'gzip' {
  if (head.length === 0) throw invalidContext('The file is empty.')
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head.toString('latin1', 0, 4) === 'PK\u0003\u0004') return 'zip'
  if (isTar(head)) return 'tar'
  if (head.includes(0)) throw invalidContext('The file is no Dockerfile and no tar, tar.gz or zip file.')
  return 'dockerfile'
}

/** Old tar files have no magic number, but all have an octal checksum of their header. */
function isTar(head: Buffer): boolean {
  if (head.toString('latin1', TAR_MAGIC_AT, TAR_MAGIC_AT + 5) === 'ustar') return true
  if (head.length < TAR_HEADER) return false
  const sum = head.subarray(0, TAR_HEADER).reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  return sum > 256 && Number.parseInt(head.toString('latin1', 148, 156).trim(), 8) === sum
}

async function dockerfileEntry(source: Readable): Promise<EntrySource> {
  const content = await readAll(source)
  if (content.includes(0)) throw invalidContext('The file is no text, so it is no Dockerfile.')
  const header = { name: DOCKERFILE, type: 'file', size: content.length } as const
  return { header, content: Readable.from([content]) }
}

export async function readAll(source: AsyncIterable<Uint8Array>, what = 'The Dockerfile'): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of source) {
    size += chunk.length
    if (size > MAX_DOCKERFILE_BYTES)
      throw invalidContext(`${what} is larger than 128 KiB: put what it carries into files of the context.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function unzipped(packed: Readable): Readable {
  const gunzip = createGunzip()
  packed.on('error', (error) => gunzip.destroy(error))
  return packed.pipe(gunzip)
}

function measured(upload: Readable, maxBytes: number, meter: Meter): Readable {
  const gauge = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      meter.packed(chunk.length)
      if (meter.seen.packed <= maxBytes) return done(null, chunk)
      done(new AppError('BODY_TOO_LARGE', `The upload is larger than ${maxBytes} bytes.`))
    }
  })
  // Even if it broke off before the first read.
  finished(upload, (error) => error && gauge.destroy(error))
  return upload.pipe(gauge)
}

/** The first bytes, and a stream that begins with them. */
async function peek(source: Readable): Promise<{ head: Buffer; rest: Readable }> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let head = Buffer.alloc(0)
  while (head.length < TAR_HEADER) {
    const { value, done } = await chunks.next()
    if (done) break
    head = Buffer.concat([head, value])
  }
  async function* all() {
    if (head.length > 0) yield head
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
  }
  return { head, rest: Readable.from(all(), { objectMode: false }) }
}
