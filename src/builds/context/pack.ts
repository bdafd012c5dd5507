// Writes the tar file that the builder gets, entry by entry, so that nothing of an upload reaches it unseen.

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { pack as createPack, type Header, type Pack } from 'tar-stream'
import { entryPath, entryType, type Meter } from './rules.ts'

type EntryHeader = Pick<Header, 'name'> & Partial<Header>
export type EntrySource = { header: EntryHeader; content: AsyncIterable<Uint8Array> | undefined }

export async function writeTar(
  file: string,
  entries: AsyncIterable<EntrySource> | Iterable<EntrySource>,
  meter: Meter
): Promise<void> {
  const pack = createPack()
  const target = createWriteStream(file, { mode: 0o600 })
  const written = pipeline(pack, target)
  // Raced with below; until then a failure must not count as unhandled.
  written.catch(() => {})
  try {
    for await (const { header, content } of entries) {
      const clean = cleanHeader(header)
      meter.entry()
      if (clean === undefined) continue
      meter.unpacked(clean.size ?? 0)
      await Promise.race([written, addEntry(pack, clean, clean.type === 'file' ? content : undefined)])
    }
    pack.finalize()
    await written
  } catch (error) {
    pack.destroy()
    target.destroy()
    if (!target.closed) await new Promise<void>((resolve) => target.once('close', () => resolve()))
    throw error
  }
}

/** Who owned a file elsewhere means nothing here, and there is no entry for the root. */
function cleanHeader({ name: raw, type: rawType, linkname, mode, mtime, size }: EntryHeader): EntryHeader | undefined {
  const type = entryType(raw, rawType)
  const name = entryPath(raw)
  if (name === undefined) return undefined
  return {
    name,
    type,
    mode: (mode ?? 0o644) & 0o7777,
    mtime: mtime ?? new Date(0),
    size: type === 'file' ? (size ?? 0) : 0,
    uid: 0,
    gid: 0,
    // A hard link names another entry; a symbolic one is followed by the builder, inside the context only.
    ...(type === 'link' && { linkname: entryPath(linkname ?? '') ?? '' }),
    ...(type === 'symlink' && { linkname: linkname ?? '' })
  }
}

async function addEntry(
  pack: Pack,
  header: EntryHeader,
  content: AsyncIterable<Uint8Array> | undefined
): Promise<void> {
  let sink: ReturnType<Pack['entry']> | undefined
  const added = new Promise<void>((resolve, reject) => {
    sink = pack.entry(header, (error) => (error ? reject(error) : resolve()))
  })
  if (content && sink) {
    for await (const chunk of content) if (!sink.write(chunk)) await Promise.race([added, once(sink, 'drain')])
    sink.end(null)
  }
  await added
}
