// Converts the entries of the engine's tar file to entries of a zip file.

import { AppError } from '../errors.ts'
import type { TarHeader } from '../lib/tar/header.ts'
import { readTar, type TarEntry } from '../lib/tar/read.ts'
import { tooLarge, type FileLimits } from './limits.ts'
import { joinPath, splitPath } from './path.ts'
import type { Places } from './places.ts'
import type { ZipEntry } from './zip.ts'

type Options = { places: Places; limits: FileLimits }

export async function* zipEntries(
  { places, limits }: Options,
  id: string,
  folder: string,
  archive: AsyncIterable<Buffer>,
  signal: AbortSignal
): AsyncGenerator<ZipEntry> {
  const links: TarHeader[] = []
  let seen = 0
  let bytes = 0
  const counted = (entry: ZipEntry): ZipEntry => {
    bytes += entry.size
    if (bytes > limits.filesMax) throw tooLarge(limits)
    return entry
  }
  for await (const entry of readTar(archive)) {
    if (++seen > limits.fileEntriesMax)
      throw new AppError('FILE_TOO_LARGE', `The folder has more than ${limits.fileEntriesMax} files and folders.`)
    const zipped = zipEntry(entry)
    if (zipped) yield counted(zipped)
    else if (entry.kind === 'link') links.push(entry)
  }
  // Hard links come without content. They are read at the end, since an engine reads one path of a container at a time.
  for (const link of links) {
    const path = joinPath(splitPath(folder).folder, link.name)
    const { entry, close } = await places.open(id, path, signal)
    yield counted({ ...entry, name: zipName(link), kind: 'file', content: closing(entry.content, close) })
  }
}

/** Undefined for entries without content, and for those that a zip file cannot hold: pipes and devices. */
function zipEntry({ content, ...entry }: TarEntry): ZipEntry | undefined {
  const name = zipName(entry)
  if (entry.kind === 'folder')
    return name === '' ? undefined : { ...entry, name, size: 0, kind: 'folder', content: NOTHING() }
  if (entry.kind === 'file') return { ...entry, name, kind: 'file', content }
  if (entry.kind !== 'symlink') return undefined
  const target = Buffer.from(entry.target, 'latin1')
  return { ...entry, name, kind: 'symlink', size: target.length, content: once(target) }
}

/** The engine prefixes names below the root with "./" or "/". */
const zipName = ({ name }: Pick<TarHeader, 'name'>): string => name.replace(/^(\.?\/)+/, '')

export async function* closing(content: AsyncIterable<Buffer>, close: () => Promise<void>): AsyncGenerator<Buffer> {
  try {
    yield* content
  } finally {
    await close()
  }
}

async function* NOTHING(): AsyncGenerator<Buffer> {}

async function* once(piece: Buffer): AsyncGenerator<Buffer> {
  yield piece
}
