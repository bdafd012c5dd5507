// The archive that uploads a file. The file arrives under a temporary name, and only when it is complete is its final
// name linked to it. So an upload that breaks off leaves the old file, and only a temporary file to remove:
// docs/decisions/093-uploads-under-a-name-of-their-own.md

import { AppError, invalidField } from '../errors.ts'
import { TarError, type TarHeader } from '../lib/tar/header.ts'
import { readTar, type TarEntry } from '../lib/tar/read.ts'
import { TAR_END, tarFile, tarHeader } from '../lib/tar/write.ts'
import { cleanParts, joinPath, quoted } from './path.ts'

export type Attributes = Pick<TarHeader, 'mode' | 'uid' | 'gid' | 'mtimeNs'>
export type Limits = { bytes: number; entries: number }
type Place = { folder: string; stage: string; root: string }
export type Unpacked = { entries: number; bytes: number }

/** One file. `stage` is its name until it is complete. Names are relative to `root`; all three are paths. */
export async function* stagedFile(
  { path, stage, root, size, ...attributes }: Attributes & { path: string; stage: string; root: string; size: number },
  content: AsyncIterable<Buffer>
): AsyncGenerator<Buffer> {
  const staged = inTar(stage, root)
  yield* tarFile({ name: staged, kind: 'file', size, ...attributes }, exactly(size, content))
  yield tarHeader({ name: inTar(path, root), kind: 'link', target: staged, ...attributes })
  yield TAR_END
}

/** The entries of an archive in a folder, file by file. `unpacked` counts them. */
export async function* stagedArchive(
  archive: AsyncIterable<Buffer>,
  { folder, stage, root, limits, unpacked }: Place & { limits: Limits; unpacked: Unpacked }
): AsyncGenerator<Buffer> {
  const links = new Set<string>()
  try {
    for await (const { content, ...header } of readTar(archive)) {
      const path = placeOf(header, folder, links)
      const name = inTar(path, root)
      if (path === folder) continue
      count(header, limits, unpacked)
      if (header.kind === 'file') {
        yield* tarFile({ ...header, name: inTar(stage, root) }, content)
        yield tarHeader({ ...header, name, kind: 'link', size: 0, target: inTar(stage, root) })
        continue
      }
      if (header.kind === 'symlink') links.add(path)
      const target = header.kind === 'link' ? inTar(pathOf(header.target, folder, header), root) : header.target
      yield tarHeader({ ...header, name, size: 0, target })
    }
  } catch (cause) {
    throw cause instanceof TarError ? invalidArchive(`It cannot be read: ${cause.message}.`, cause) : cause
  }
  yield TAR_END
}

export const folderEntry = (path: string, root: string, attributes: Attributes): Buffer =>
  Buffer.concat([tarHeader({ name: inTar(path, root), kind: 'folder', ...attributes }), TAR_END])

const inTar = (path: string, root: string): string => path.slice(root === '/' ? 1 : root.length + 1)

function placeOf(header: TarHeader, folder: string, links: Set<string>): string {
  const { kind, more } = header
  if (kind === 'device' || kind === 'unknown')
    throw invalidArchive(`${quoted(header.name)} is no file, folder, link or pipe.`)
  if ([...more.keys()].some((record) => record.startsWith('GNU.sparse.')))
    throw invalidArchive(`${quoted(header.name)} is stored as a sparse file. Pack it without --sparse.`)
  const path = pathOf(header.name, folder, header)
  for (let slash = path.indexOf('/', 1); slash !== -1; slash = path.indexOf('/', slash + 1))
    if (links.has(path.slice(0, slash)))
      throw invalidArchive(`${quoted(header.name)} leads through a link of the same archive.`)
  if (kind !== 'symlink') links.delete(path)
  return path
}

function pathOf(raw: string, folder: string, { name }: TarHeader): string {
  if (raw.startsWith('/')) throw invalidArchive(`${quoted(name)}: paths of an archive are relative.`)
  const parts = cleanParts(raw, (rule) => invalidArchive(`${quoted(name)}: a path ${rule}.`))
  return parts.reduce(joinPath, folder)
}

function count({ kind, size }: Pick<TarEntry, 'kind' | 'size'>, limits: Limits, unpacked: Unpacked): void {
  unpacked.entries++
  if (kind === 'file') unpacked.bytes += size
  if (unpacked.entries > limits.entries)
    throw new AppError('FILE_TOO_LARGE', `The archive has more than ${limits.entries} files and folders.`)
  if (unpacked.bytes > limits.bytes)
    throw new AppError('FILE_TOO_LARGE', `The archive has more than ${limits.bytes} bytes once unpacked.`)
}

/** Otherwise the rest of the tar file would be at the wrong position. */
async function* exactly(size: number, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let left = size
  for await (const piece of content) {
    left -= piece.length
    if (left < 0) break
    yield piece
  }
  if (left !== 0) throw invalidField('body', `has not the ${size} bytes that were announced`)
}

function invalidArchive(message: string, cause?: unknown): AppError {
  return new AppError('INVALID_ARCHIVE', message, { cause })
}
