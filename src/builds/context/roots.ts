// A Dockerfile on this machine, below a folder that the operator named, packed as a client would pack it.

import { createReadStream, type Dirent } from 'node:fs'
import { readdir, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack as createPack, type Pack } from 'tar-stream'
import { invalidField } from '../../errors.ts'

const FIELD = 'dockerfile_path'
const INSTEAD = 'Send the text of the Dockerfile as dockerfile_text, or its packed folder as context.'

export type BuildRoots = ReturnType<typeof createBuildRoots>

export function createBuildRoots(roots: readonly string[]) {
  async function locate(path: string): Promise<string> {
    if (roots.length === 0)
      throw invalidField(FIELD, `is a path on the server, where BERTH_BUILD_ROOTS names no folder. ${INSTEAD}`)
    if (!isAbsolute(path)) throw invalidField(FIELD, `must be an absolute path on the server. ${INSTEAD}`)
    // Errors reveal nothing about other paths, not even whether they exist.
    if (
      !isBelow(
        resolve(path),
        roots.map((root) => resolve(root))
      )
    )
      throw outside()
    const real = await realpath(path).catch(() => {
      throw invalidField(FIELD, `names no file: there is nothing at ${path} on the server`)
    })
    if (!isBelow(real, await Promise.all(roots.map((root) => realpath(root).catch(() => root))))) throw outside()
    return real
  }

  return {
    /** `dockerfile` is its path in the context. A folder means the Dockerfile in it. */
    async open(path: string): Promise<{ context: Readable; dockerfile: string }> {
      const real = await locate(path)
      const isFolder = (await stat(real)).isDirectory()
      const folder = isFolder ? real : dirname(real)
      return { context: packFolder(folder), dockerfile: isFolder ? 'Dockerfile' : basename(real) }
    }
  }
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path !== folder && path.startsWith(folder.endsWith(sep) ? folder : folder + sep))
}

function outside(): Error {
  return invalidField(FIELD, `is not below a folder of BERTH_BUILD_ROOTS. ${INSTEAD}`)
}

function packFolder(folder: string): Readable {
  const pack = createPack()
  addAll(pack, folder, folder).then(
    () => pack.finalize(),
    (error: unknown) => pack.destroy(error instanceof Error ? error : new Error(String(error)))
  )
  return Readable.from(pack, { objectMode: false })
}

async function addAll(pack: Pack, root: string, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    await add(pack, entry, path, relative(root, path))
    if (entry.isDirectory()) await addAll(pack, root, path)
  }
}

/** Links stay links: the builder follows them only inside of the context. Sockets and devices are left out. */
async function add(pack: Pack, entry: Dirent, path: string, name: string): Promise<void> {
  if (entry.isDirectory()) pack.entry({ name, type: 'directory' })
  else if (entry.isSymbolicLink()) pack.entry({ name, type: 'symlink', linkname: await readlink(path) })
  else if (entry.isFile()) {
    const { size, mode, mtime } = await stat(path)
    const target = pack.entry({ name, size, mode, mtime })
    if (size === 0) target.end(null)
    // Later writes to it are not part of the context.
    else await pipeline(createReadStream(path, { end: size - 1 }), target)
  }
}
