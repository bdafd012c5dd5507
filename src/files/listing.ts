// Lists a folder from the engine's tar file of it: its direct entries only. The engine sends everything below it, so the read
// has a limit.

import { readTar, type TarEntry } from '../lib/tar/read.ts'

export type Listed = Pick<TarEntry, 'name' | 'kind' | 'size' | 'mode' | 'uid' | 'gid' | 'mtimeNs' | 'target'>
export type Listing = {
  entries: Listed[]
  /** Hard links to files outside of the list, so their sizes are unknown. */
  unsized: Listed[]
  /** Whether more entries follow the last one. */
  hasMore: boolean
  /** The reason why the rest of the folder was not read, if so. */
  stoppedAt: 'bytes' | 'entries' | null
  readBytes: number
}

class Enough extends Error {}

type Limits = {
  /** The name after which the page begins. */
  after: string | undefined
  count: number
  bytes: number
  entries: number
}

/** Undefined if it is not a folder. The engine sends names in order, those below a folder right after it. */
export async function readListing(archive: AsyncIterable<Buffer>, limits: Limits): Promise<Listing | undefined> {
  const listing: Listing = { entries: [], unsized: [], hasMore: false, stoppedAt: null, readBytes: 0 }
  const sizes = new Map<string, number>()
  let seen = 0
  let top: string | undefined
  try {
    for await (const entry of readTar(counted(archive, listing, limits.bytes))) {
      if (top === undefined) {
        if (entry.kind !== 'folder') return undefined
        top = entry.name.replace(/\/+$/, '')
        continue
      }
      if (++seen > limits.entries) {
        listing.stoppedAt = 'entries'
        break
      }
      const name = entry.name.slice(top.length + 1).replace(/\/+$/, '')
      if (name === '' || name.includes('/')) continue
      if (entry.kind === 'file') sizes.set(entry.name, entry.size)
      if (limits.after !== undefined && name <= limits.after) continue
      if (listing.entries.length === limits.count) {
        listing.hasMore = true
        break
      }
      add(listing, sizes, { ...entry, name })
    }
  } catch (error) {
    if (!(error instanceof Enough)) throw error
    listing.stoppedAt = 'bytes'
  }
  return listing
}

function add({ entries, unsized }: Listing, sizes: Map<string, number>, entry: TarEntry): void {
  const { name, kind, size, mode, uid, gid, mtimeNs, target } = entry
  const listed: Listed = { name, kind, size, mode, uid, gid, mtimeNs, target: kind === 'symlink' ? target : '' }
  entries.push(listed)
  if (kind !== 'link') return
  // A hard link to an earlier entry: both are the same file.
  listed.kind = 'file'
  const known = sizes.get(target)
  if (known === undefined) unsized.push(listed)
  else listed.size = known
}

async function* counted(archive: AsyncIterable<Buffer>, listing: Listing, most: number): AsyncGenerator<Buffer> {
  for await (const piece of archive) {
    listing.readBytes += piece.length
    yield piece
    if (listing.readBytes > most) throw new Enough()
  }
}
