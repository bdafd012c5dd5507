// Files and folders out of a container.

import { createGzip } from 'node:zlib'
import { pipeline, Readable } from 'node:stream'
import type { Caller } from '../access/caller.ts'
import type { EngineArchive } from '../engine/contract/archive.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import { AppError, invalidField } from '../errors.ts'
import { TarError } from '../lib/tar/header.ts'
import { tooLarge, type FileLimits } from './limits.ts'
import { readListing, type Listed } from './listing.ts'
import { paceOf } from './pace.ts'
import { joinPath, quoted, splitPath, textOf } from './path.ts'
import { otherKind, type Places } from './places.ts'
import { sliceOf, type Range } from './range.ts'
import type { ArchiveFormat, FolderListing } from './schemas.ts'
import { viewEntry } from './view.ts'
import { closing, zipEntries } from './zip-entries.ts'
import { writeZip } from './zip.ts'

export type OpenFile = {
  name: string
  size: number
  etag: string
  modified: Date
  read(range: Range): AsyncIterable<Buffer>
  close(): Promise<void>
}

const PAGE = 1_000

type Options = {
  engine: Pick<EngineArchive, 'statPath' | 'readArchive'>
  places: Places
  find: (caller: Caller, reference: string) => ContainerRecord
  limits: FileLimits
}

export function createReading({ engine, places, find, limits }: Options) {
  async function sizeUp(id: string, path: string, unsized: Listed[], signal: AbortSignal): Promise<void> {
    for (const entry of unsized) {
      const stat = await engine.statPath(id, joinPath(path, entry.name), signal)
      entry.size = stat?.sizeBytes ?? 0
    }
  }

  async function list(
    caller: Caller,
    reference: string,
    path: string,
    { limit = PAGE, cursor }: { limit?: number; cursor?: string },
    signal: AbortSignal
  ): Promise<FolderListing & { nextCursor: string | undefined }> {
    const { id } = find(caller, reference)
    const place = await places.look(id, path, signal)
    if (place.stat.kind !== 'folder') throw otherKind(path, place.stat, 'a folder')
    const after = cursor === undefined ? undefined : nameIn(cursor)
    const archive = await engine.readArchive(id, place.path, signal)
    const scan = { after, count: limit, bytes: limits.fileScanMax, entries: limits.fileEntriesMax }
    const listing = await understood(() => readListing(archive, scan))
    if (!listing) throw otherKind(path, { ...place.stat, kind: 'file' }, 'a folder')
    const { entries, unsized, hasMore, stoppedAt, readBytes } = listing
    await sizeUp(id, place.path, unsized, signal)
    return {
      path: textOf(place.path),
      entries: entries.map(viewEntry),
      complete: stoppedAt === null,
      reason: stoppedAt === null ? null : REASONS[stoppedAt](limits),
      read_bytes: readBytes,
      nextCursor: hasMore ? Buffer.from(entries.at(-1)?.name ?? '', 'latin1').toString('base64url') : undefined
    }
  }

  async function openFile(caller: Caller, reference: string, path: string, signal: AbortSignal): Promise<OpenFile> {
    const { id } = find(caller, reference)
    const { stat, path: at } = await places.look(id, path, signal)
    if (stat.kind !== 'file') throw otherKind(path, stat, 'a file')
    if (stat.sizeBytes > limits.filesMax) throw tooLarge(limits)
    const pace = paceOf(signal)
    const { entry, close } = await understood(() => places.open(id, at, pace.signal))
    if (entry.kind !== 'file') {
      await close()
      throw new AppError('FILE_KIND_DIFFERS', `${quoted(path)} changed its type while it was being opened.`)
    }
    return {
      name: textOf(splitPath(at).name),
      size: entry.size,
      etag: `"${entry.size.toString(16)}-${Buffer.from(stat.modifiedAt).toString('base64url')}"`,
      modified: new Date(Number(entry.mtimeNs / 1_000_000n)),
      read: (range) => pace.taken(closing(understanding(sliceOf(entry.content, range)), close)),
      close
    }
  }

  async function archive(caller: Caller, reference: string, path: string, format: ArchiveFormat, signal: AbortSignal) {
    const { id } = find(caller, reference)
    const place = await places.look(id, path, signal)
    if (place.stat.kind === 'other') throw otherKind(path, place.stat, 'a folder')
    const pace = paceOf(signal)
    const tar = await engine.readArchive(id, place.path, pace.signal)
    const content =
      format === 'zip'
        ? understanding(writeZip(zipEntries({ places, limits }, id, place.path, tar, pace.signal)))
        : bounded(tar, limits)
    return {
      name: `${textOf(splitPath(place.path).name) || 'root'}.${format}`,
      content: pace.taken(format === 'tar.gz' ? gzipped(content) : content)
    }
  }

  return {
    list,
    openFile,
    archive,

    /** A file, or a folder. */
    async kindOf(caller: Caller, reference: string, path: string, signal: AbortSignal): Promise<'file' | 'folder'> {
      const { id } = find(caller, reference)
      const { stat } = await places.look(id, path, signal)
      if (stat.kind !== 'file' && stat.kind !== 'folder') throw otherKind(path, stat, 'a file or folder')
      return stat.kind
    }
  }
}

const REASONS = {
  bytes: ({ fileScanMax }: FileLimits) =>
    `The folder and all below it have more than ${fileScanMax} bytes, which is what is read for a list (BERTH_FILE_SCAN_MAX).`,
  entries: ({ fileEntriesMax }: FileLimits) =>
    `There are more than ${fileEntriesMax} files below the folder, which is what is read for a list (BERTH_FILE_ENTRIES_MAX).`
}

function nameIn(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString('latin1')
  if (name === '' || name.includes('/')) throw invalidField('cursor', 'is not one of this list')
  return name
}

async function* bounded(content: AsyncIterable<Buffer>, limits: FileLimits): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const piece of content) {
    bytes += piece.length
    if (bytes > limits.filesMax) throw tooLarge(limits)
    yield piece
  }
}

function gzipped(content: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const gzip = createGzip()
  // The reader gets the error.
  pipeline(Readable.from(content), gzip, () => {})
  return gzip
}

/** An archive that cannot be read is the engine's fault here. */
async function understood<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw explained(error)
  }
}

async function* understanding(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* content
  } catch (error) {
    throw explained(error)
  }
}

function explained(error: unknown): unknown {
  if (!(error instanceof TarError)) return error
  return new AppError('ENGINE_ANSWER_INVALID', `The archive of the engine cannot be read: ${error.message}.`, {
    cause: error
  })
}
