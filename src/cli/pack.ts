// Folders of this machine as tar files, packed as they are read, and tar files back to folders.

import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, mkdir, readdir, readFile, readlink, symlink } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { IGNORE_FILE, readIgnore, type Ignore } from '../lib/dockerignore.ts'
import { readTar } from '../lib/tar/read.ts'
import { TAR_END, tarFile, tarHeader } from '../lib/tar/write.ts'
import { CommandError } from './exit-codes.ts'

const NOTHING: Ignore = () => false

/** The files below a folder. Paths in a tar header are bytes, so names go in as they are on the disk. */
export async function* packFolder(root: string, isLeftOut: Ignore = NOTHING): AsyncGenerator<Buffer> {
  yield* packBelow(root, '', isLeftOut)
  yield TAR_END
}

async function* packBelow(root: string, below: string, isLeftOut: Ignore): AsyncGenerator<Buffer> {
  const entries = await readdir(join(root, below), { withFileTypes: true })
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    const isOut = isLeftOut(path)
    const stat = await lstat(join(root, path), { bigint: true })
    const given = {
      name: bytesOf(path),
      mode: Number(stat.mode) & 0o7777,
      mtimeNs: stat.mtimeNs - (stat.mtimeNs % 1_000_000_000n)
    }
    if (entry.isDirectory()) {
      if (!isOut) yield tarHeader({ ...given, name: `${given.name}/`, kind: 'folder' })
      // A later line of the .dockerignore may take something in it back.
      yield* packBelow(root, path, isLeftOut)
    } else if (isOut) continue
    else if (entry.isSymbolicLink())
      yield tarHeader({ ...given, kind: 'symlink', target: bytesOf(await readlink(join(root, path))) })
    else if (entry.isFile())
      yield* tarFile({ ...given, kind: 'file', size: Number(stat.size) }, exactly(join(root, path), Number(stat.size)))
  }
}

/** The number of bytes that `packFolder` will read, for a bar. */
export async function bytesBelow(root: string, isLeftOut: Ignore = NOTHING, below = ''): Promise<number> {
  let total = 0
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) total += await bytesBelow(root, isLeftOut, path)
    else if (entry.isFile() && !isLeftOut(path)) total += (await lstat(join(root, path))).size
  }
  return total
}

/** A file that grows or shrinks meanwhile would corrupt the rest of the archive. */
async function* exactly(path: string, size: number): AsyncGenerator<Buffer> {
  let left = size
  if (size > 0)
    for await (const piece of createReadStream(path, { end: size - 1 }) as AsyncIterable<Buffer>) {
      left -= piece.length
      yield piece
    }
  if (left > 0) throw new CommandError(`${path} became shorter while it was read. Try again.`)
}

/** The paths that the .dockerignore of a build's folder excludes. The Dockerfile and the file itself stay. */
export async function ignoreOf(folder: string, dockerfile: string): Promise<Ignore> {
  for (const name of [`${dockerfile}${IGNORE_FILE}`, IGNORE_FILE]) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const isLeftOut = readIgnore(text, (message, cause) => new CommandError(message, { cause }))
    const kept = new Set([dockerfile, name])
    return (path) => !kept.has(path) && isLeftOut(path)
  }
  return NOTHING
}

/** Unpacks only below a folder, on request without the single top folder of the archive. */
export async function unpackTo(
  folder: string,
  tar: AsyncIterable<Buffer>,
  { withoutRoot }: { withoutRoot: boolean }
): Promise<number> {
  let count = 0
  const links: { path: string; target: string }[] = []
  for await (const { name, kind, mode, target, content } of readTar(tar)) {
    const path = inside(folder, withoutRoot ? textOf(name).replace(/^[^/]+\/?/, '') : textOf(name))
    if (kind === 'folder') await mkdir(path, { recursive: true })
    else if (kind === 'file') {
      await mkdir(dirname(path), { recursive: true })
      await pipeline(content, createWriteStream(path, { mode: mode & 0o777 }))
    } else if (kind === 'symlink') links.push({ path, target: textOf(target) })
    count++
  }
  // Last, so that nothing is written through one of them.
  for (const { path, target } of links) await symlink(target, path)
  return count
}

function inside(folder: string, name: string): string {
  const root = resolve(folder)
  const path = resolve(root, name)
  if (path !== root && !path.startsWith(root + sep))
    throw new CommandError(`The archive has a path that leads out of it: ${name}`)
  return path
}

const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')
const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString()
