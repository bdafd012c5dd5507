// The file system of a container by the engine's archive calls.

import { isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import { AppError, cancellation, isAppError } from '../../errors.ts'
import { collected } from '../../lib/collected.ts'
import { readTar } from '../../lib/tar/read.ts'
import { TAR_END, tarFile, tarHeader } from '../../lib/tar/write.ts'
import type { EngineArchive } from '../contract/archive.ts'
import { brokenStream } from './broken-stream.ts'
import type { Asked, Calls } from './calls.ts'
import { mapStat } from './map-stat.ts'
import { readPathStat } from './schemas/archive.ts'

// The caller's signal limits the time of an upload.
const UPLOAD_MS = 24 * 3_600_000
const STAT = 'x-docker-container-path-stat'

export function createArchiveCalls({ look, watch }: Calls): EngineArchive {
  async function statPath(id: string, path: string, signal?: AbortSignal) {
    const asked = { path: archivePath(id, path), what: 'look at the path', signal } as const
    const { isThere, headers } = await look(asked)
    // Podman answers 404 for a dangling link, but still describes it.
    return isThere || STAT in headers ? mapStat(readPathStat(headers[STAT])) : undefined
  }

  async function write(archive: Readable, path: string, signal?: AbortSignal): Promise<void> {
    const what = 'unpack the archive'
    const asked: Asked = { method: 'PUT', path, upload: archive, what, timeoutMs: UPLOAD_MS, signal }
    try {
      const answer = await watch(asked)
      answer.resume()
    } finally {
      archive.destroy()
    }
  }

  async function read(id: string, path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const what = 'read the path'
    return piecesOf(await watch({ method: 'GET', path: archivePath(id, path), what, signal }), what, signal)
  }

  async function readArchive(id: string, path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const [, folder = '', name = ''] = /^(.*)\/([^/]*)$/s.exec(path) ?? []
    if (isUtf8(Buffer.from(name, 'latin1'))) return read(id, path, signal)
    const readBeside = (other: string) => readArchive(id, `${folder}/${other}`, signal)
    return entriesBelow(name, await read(id, `${folder}/.`, signal), readBeside)
  }

  return {
    statPath,
    readArchive,

    writeArchive(id, archive, signal, root = '/') {
      return write(archive, `${archivePath(id, root)}&noOverwriteDirNonDir=1`, signal)
    },

    /**
     * An engine has no call for this. But whatever an entry of an archive takes the place of, it removes first; and a hard link to
     * itself then finds nothing that it could link to. So the call always fails, and what is there afterwards tells whether it did
     * what it was for: docs/decisions/094-removal-by-an-archive.md
     */
    async removePath(id, path, root = '/') {
      const stat = await statPath(id, path)
      if (!stat) return false
      const name = path.slice(root === '/' ? 1 : root.length + 1)
      let failure: unknown
      // Podman links to the target of a link. A file then takes its place, and the second attempt removes that.
      for (let times = stat.kind === 'link' ? 2 : 1; times > 0; times--) {
        const archive = Readable.from([tarHeader({ name, kind: 'link', target: name }), TAR_END])
        await write(archive, archivePath(id, root)).catch((error: unknown) => (failure = error))
        if (!(await statPath(id, path))) return true
      }
      if (isAppError(failure)) throw failure
      throw new AppError('ENGINE_UNSUPPORTED', 'This engine does not remove what an archive replaces.')
    }
  }
}

/**
 * Docker returns the last part of a path as JSON, which loses bytes that are not UTF-8. Then it is found in its folder.
 */
async function* entriesBelow(
  name: string,
  archive: AsyncIterable<Buffer>,
  readBeside: (path: string) => Promise<AsyncIterable<Buffer>>
): AsyncGenerator<Buffer> {
  let first: string | undefined
  for await (const { content, ...header } of readTar(archive)) {
    const path = withoutDot(header.name)
    if (path !== name && !path.startsWith(`${name}/`)) continue
    if (path === name && header.kind === 'link') {
      first = withoutDot(header.target)
      break
    }
    if (header.kind !== 'device' && header.kind !== 'unknown') yield* tarFile({ ...header, name: path }, content)
  }
  // The first name of a file has the content of its hard links.
  if (first !== undefined)
    for await (const { content, ...header } of readTar(await readBeside(first)))
      if (header.kind === 'file') yield* tarFile({ ...header, name }, content)
  yield TAR_END
}

const withoutDot = (path: string): string => path.replace(/^\.\//, '')

async function* piecesOf(stream: Readable, what: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* collected(stream as AsyncIterable<Buffer>)
  } catch (cause) {
    throw signal.aborted ? cancellation(signal) : brokenStream(cause, { what, isChange: false })
  } finally {
    stream.destroy()
  }
}

/** Bytes of a path, unchanged: a string would be sent as UTF-8. */
function archivePath(id: string, path: string): string {
  return `/containers/${id}/archive?path=${encodeBytes(path)}`
}

function encodeBytes(path: string): string {
  return path.replaceAll(/[^\w./-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}
