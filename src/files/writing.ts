// Writes and removes files and folders in a container.

import { randomBytes } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import type { Caller } from '../access/caller.ts'
import type { EngineArchive } from '../engine/contract/archive.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import { AppError, invalidField, isAppError } from '../errors.ts'
import { tooLarge, type FileLimits } from './limits.ts'
import { checkRemovable, checkUnpackable, checkWritable, unpackedAt } from './mounts.ts'
import { arriving } from './pace.ts'
import { joinPath, quoted, splitPath, textOf } from './path.ts'
import { notFound, otherKind, type Places } from './places.ts'
import type { Attributes, RemovedFile, UnpackedArchive, WrittenFile } from './schemas.ts'
import { folderEntry, stagedArchive, stagedFile, type Attributes as Exact } from './upload.ts'
import { attributesOf, modeText } from './view.ts'

type Options = {
  engine: EngineArchive
  places: Places
  /** The container, if it may be changed. */
  findChangeable: (caller: Caller, reference: string) => ContainerRecord
  isAllowed: boolean
  limits: FileLimits
  log: { warn(fields: object, message: string): void }
  now?: () => number
}

const LATER_REMOVALS_MS = [1_000, 5_000, 20_000]
const FILE_MODE = 0o644
const FOLDER_MODE = 0o755
const BUFFER = { objectMode: false, highWaterMark: 256 * 1024 }

export function createWriting({ engine, places, findChangeable, isAllowed, limits, log, now = Date.now }: Options) {
  function find(caller: Caller, reference: string): ContainerRecord {
    if (isAllowed) return findChangeable(caller, reference)
    throw new AppError('EXEC_DISABLED', 'Changing files in containers is disabled. Set BERTH_EXEC=true to enable it.')
  }

  async function statOf(id: string, path: string, signal: AbortSignal) {
    const stat = await engine.statPath(id, path, signal)
    if (stat) return stat
    const { folder } = splitPath(path)
    const above = await engine.statPath(id, folder, signal)
    if (above?.kind === 'folder') return undefined
    throw new AppError('FILE_NOT_FOUND', `There is no folder ${quoted(folder)} in the container. Create it first.`)
  }

  async function ownerOf(id: string, path: string, signal: AbortSignal) {
    const { entry, close } = await places.open(id, path, signal)
    await close()
    return entry
  }

  /** A new file gets the owner of its folder. */
  async function usualIn(id: string, path: string, mode: number, signal: AbortSignal) {
    const { uid, gid } = await ownerOf(id, splitPath(path).folder, signal)
    return { mode, uid, gid }
  }

  async function isRemoved(id: string, stage: string, root: string, isLast = false): Promise<boolean> {
    try {
      return await engine.removePath(id, stage, root)
    } catch (err) {
      if (isLast) log.warn({ err, containerId: id, path: stage }, 'what an upload left could not be removed')
      return false
    }
  }

  /** The engine may not even have begun to unpack: if nothing is there yet, it may come. */
  async function removeLater(id: string, stage: string, root: string): Promise<void> {
    for (const [round, pauseMs] of LATER_REMOVALS_MS.entries()) {
      await setTimeout(pauseMs, undefined, { ref: false })
      if (await isRemoved(id, stage, root, round === LATER_REMOVALS_MS.length - 1)) return
    }
  }

  /** Sends the upload under a temporary name, which is removed in any case. */
  async function send(
    container: ContainerRecord,
    folder: string,
    archive: (place: { stage: string; root: string }) => AsyncIterable<Buffer>,
    signal: AbortSignal
  ) {
    const { id } = container
    const root = unpackedAt(container, folder)
    const stage = joinPath(folder, `.berth-upload-${randomBytes(8).toString('hex')}`)
    try {
      await engine.writeArchive(id, Readable.from(archive({ stage, root }), BUFFER), signal, root)
    } finally {
      if (!(await isRemoved(id, stage, root))) void removeLater(id, stage, root)
    }
  }

  return {
    /** `size` must be known in advance, since it precedes the content in the archive. */
    async write(
      caller: Caller,
      reference: string,
      given: string,
      { size, content, ...wanted }: Attributes & { size: number; content: AsyncIterable<Buffer> },
      signal: AbortSignal
    ): Promise<WrittenFile> {
      const container = find(caller, reference)
      const { id } = container
      if (size > limits.filesMax) throw tooLarge(limits)
      const path = await places.resolve(id, given, signal)
      checkWritable(container, path)
      const stat = await statOf(id, path, signal)
      if (stat && stat.kind !== 'file') throw otherKind(given, stat, 'a file')
      const usual = stat ? await ownerOf(id, path, signal) : await usualIn(id, path, FILE_MODE, signal)
      const attributes = attributesOf(wanted, usual, now())
      await send(
        container,
        splitPath(path).folder,
        (place) => stagedFile({ path, ...place, size, ...attributes }, arriving(content)),
        signal
      )
      return { ...written(path, attributes), kind: 'file', size, replaced: stat !== undefined }
    },

    async unpack(
      caller: Caller,
      reference: string,
      given: string,
      content: AsyncIterable<Buffer>,
      signal: AbortSignal
    ): Promise<UnpackedArchive> {
      const container = find(caller, reference)
      const { id } = container
      const folder = await places.resolve(id, given, signal)
      const stat = await engine.statPath(id, folder, signal)
      if (!stat) throw notFound(given)
      if (stat.kind !== 'folder') throw otherKind(given, stat, 'a folder')
      checkWritable(container, folder)
      checkUnpackable(container.mounts, folder)
      const unpacked = { entries: 0, bytes: 0 }
      const bounds = { bytes: limits.filesMax, entries: limits.fileEntriesMax }
      const archive = (place: { stage: string; root: string }) =>
        stagedArchive(unzipped(arriving(content)), { folder, ...place, limits: bounds, unpacked })
      await send(container, folder, archive, signal)
      return { path: textOf(folder), ...unpacked }
    },

    async makeFolder(
      caller: Caller,
      reference: string,
      given: string,
      wanted: Attributes,
      signal: AbortSignal
    ): Promise<WrittenFile> {
      const container = find(caller, reference)
      const { id } = container
      const path = await places.resolve(id, given, signal)
      checkWritable(container, path)
      if (await statOf(id, path, signal)) throw new AppError('FILE_KIND_DIFFERS', `${quoted(given)} already exists.`)
      const attributes = attributesOf(wanted, await usualIn(id, path, FOLDER_MODE, signal), now())
      const root = unpackedAt(container, path)
      await engine.writeArchive(id, Readable.from([folderEntry(path, root, attributes)]), signal, root)
      return { ...written(path, attributes), kind: 'folder', size: null, replaced: false }
    },

    async remove(
      caller: Caller,
      reference: string,
      given: string,
      { recursive = false }: { recursive?: boolean },
      signal: AbortSignal
    ): Promise<RemovedFile> {
      const container = find(caller, reference)
      const { id } = container
      if (given === '/') throw invalidField('path', 'must not be the root of the container')
      const path = await places.resolveFolder(id, given, signal)
      const stat = await engine.statPath(id, path, signal)
      if (!stat) throw notFound(given)
      checkWritable(container, path)
      checkRemovable(container.mounts, path)
      if (stat.kind === 'folder' && !recursive)
        throw new AppError(
          'FILE_KIND_DIFFERS',
          `${quoted(given)} is a folder. recursive=true removes it with everything in it.`
        )
      await engine.removePath(id, path, unpackedAt(container, path))
      return { path: textOf(path), removed: true, message: 'Removed' }
    }
  }
}

function written(path: string, { mode, uid, gid }: Exact) {
  return { path: textOf(path), mode: modeText(mode), uid, gid }
}

/** By its first bytes. */
async function* unzipped(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const pieces = content[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  while (head.length < 2) {
    const { value, done } = await pieces.next()
    if (done) break
    head = Buffer.concat([head, value])
  }
  async function* all() {
    if (head.length > 0) yield head
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* all()
    return
  }
  const gunzip = createGunzip()
  pipeline(Readable.from(all()), gunzip, () => {})
  try {
    yield* gunzip as AsyncIterable<Buffer>
  } catch (cause) {
    if (isAppError(cause) || !(cause instanceof Error) || !String((cause as { code?: unknown }).code).startsWith('Z_'))
      throw cause
    throw new AppError('INVALID_ARCHIVE', `The archive cannot be unpacked: ${cause.message}.`, { cause })
  }
}
