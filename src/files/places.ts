// Resolves paths in a container. The engine follows links within the container.

import type { EngineArchive, PathStat } from '../engine/contract/archive.ts'
import { AppError } from '../errors.ts'
import { readTar, type TarEntry } from '../lib/tar/read.ts'
import { joinPath, quoted, splitPath } from './path.ts'

/** A path without links, and its entry. */
export type Place = { path: string; stat: PathStat }
export type Places = ReturnType<typeof createPlaces>

const MOST_LINKS = 40
// The engine's replacement for a byte that is not UTF-8.
const LOST = Buffer.from('\u{fffd}').toString('latin1')

export function createPlaces(engine: Pick<EngineArchive, 'statPath' | 'readArchive'>) {
  /** The file at a path, with links followed. */
  async function look(id: string, path: string, signal: AbortSignal): Promise<Place> {
    let at = path
    for (let links = 0; links <= MOST_LINKS; links++) {
      const stat = await engine.statPath(id, at, signal)
      if (!stat) throw notFound(path)
      if (stat.kind !== 'link') return { path: at, stat }
      at = targetOf(at, stat)
    }
    throw new AppError('FILE_NOT_FOUND', `The links at ${quoted(path)} form a loop.`)
  }

  /** The path with links resolved. A missing path has none. */
  async function resolve(id: string, path: string, signal: AbortSignal, links = 0): Promise<string> {
    if (links > MOST_LINKS) throw new AppError('FILE_NOT_FOUND', `The links at ${quoted(path)} form a loop.`)
    const parts = path.split('/').filter((part) => part !== '')
    let at = '/'
    for (const [index, part] of parts.entries()) {
      const next = joinPath(at, part)
      const stat = await engine.statPath(id, next, signal)
      const rest = parts.slice(index + 1)
      if (stat?.kind === 'link') return resolve(id, rest.reduce(joinPath, targetOf(next, stat)), signal, links + 1)
      if (!stat) return rest.reduce(joinPath, next)
      at = next
    }
    return at
  }

  return {
    look,
    resolve,

    /** Of a path of which the last part is not followed. */
    async resolveFolder(id: string, path: string, signal: AbortSignal): Promise<string> {
      const { folder, name } = splitPath(path)
      return joinPath(await resolve(id, folder, signal), name)
    },

    /** Opens the first entry of the path's archive. Ends with its content, or when `close` is called. */
    async open(id: string, path: string, signal: AbortSignal): Promise<{ entry: TarEntry; close(): Promise<void> }> {
      const entries = readTar(await engine.readArchive(id, path, signal))
      const { value: entry } = await entries.next()
      if (!entry) throw notFound(path)
      return { entry, close: async () => void (await entries.return(undefined)) }
    }
  }
}

function targetOf(path: string, { target }: PathStat): string {
  if (target !== null && !target.includes(LOST)) return target
  throw new AppError(
    'FILE_NOT_FOUND',
    `The link ${quoted(path)} leads to a name that is not valid UTF-8. Use that path itself.`
  )
}

export function notFound(path: string): AppError {
  return new AppError('FILE_NOT_FOUND', `There is no ${quoted(path)} in the container.`)
}

export function otherKind(path: string, stat: PathStat, wanted: string): AppError {
  const kind = stat.kind === 'other' ? 'neither file nor folder' : `a ${stat.kind}`
  return new AppError('FILE_KIND_DIFFERS', `${quoted(path)} is ${kind}, and ${wanted} is needed here.`)
}
