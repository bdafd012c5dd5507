// Writes the tar file for the builder, entry by entry, so that no part of an upload reaches it unchecked.

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack as createPack, type Header, type Pack } from 'tar-stream'
import { createPathCheck, entryPath, entryType, invalidContext, type Meter } from './rules.ts'

// A wait for the disk after every 16 kB took half of the time.
const BUFFER = { highWaterMark: 1024 * 1024 }

type EntryHeader = Pick<Header, 'name'> & Partial<Header>
/** Sees the content of each file on its way. */
type Keeper = { pass(path: string, content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> }
export type EntrySource = { header: EntryHeader; content: AsyncIterable<Uint8Array> | undefined }

export async function writeTar(
  file: string,
  entries: AsyncIterable<EntrySource> | Iterable<EntrySource>,
  meter: Meter,
  keeper?: Keeper
): Promise<void> {
  const pack = createPack(BUFFER)
  const target = createWriteStream(file, { ...BUFFER, mode: 0o600 })
  const written = pipeline(pack, counted(meter), target)
  // Raced with below; until then a failure must not count as unhandled.
  written.catch(() => {})
  const checkPath = createPathCheck()
  try {
    for await (const { header, content } of entries) {
      const clean = cleanHeader(header)
      meter.entry()
      if (clean === undefined) continue
      checkPath(clean.name, clean.type)
      meter.announced(clean.size)
      const isFile = clean.type === 'file' && content !== undefined
      const passed = isFile && keeper ? keeper.pass(clean.name, content) : content
      await Promise.race([written, addEntry(pack, clean, isFile ? passed : undefined, meter)])
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

/** Counts what a file takes on the disk, before it does. */
export function counted(meter: Pick<Meter, 'written'>): Transform {
  return new Transform({
    ...BUFFER,
    transform(chunk: Uint8Array, _encoding, done) {
      try {
        meter.written(chunk.length)
      } catch (error) {
        return done(error as Error)
      }
      done(null, chunk)
    }
  })
}

/** Owners from elsewhere mean nothing here, and the root has no entry. */
function cleanHeader({ name: raw, type: rawType, linkname, mode, mtime, size }: EntryHeader) {
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
    ...((type === 'link' || type === 'symlink') && { linkname: linkTarget(name, type, linkname ?? '') })
  }
}

/** A hard link names another entry; a symbolic one is followed by the builder, inside the context only. */
function linkTarget(name: string, type: 'link' | 'symlink', raw: string): string {
  const target = type === 'link' ? entryPath(raw) : raw
  if (!target) throw invalidContext(`The link ${JSON.stringify(name)} leads nowhere.`)
  return target
}

async function addEntry(
  pack: Pack,
  header: EntryHeader,
  content: AsyncIterable<Uint8Array> | undefined,
  meter: Meter
): Promise<void> {
  let sink: ReturnType<Pack['entry']> | undefined
  const added = new Promise<void>((resolve, reject) => {
    sink = pack.entry(header, (error) => (error ? reject(error) : resolve()))
  })
  // Nothing waits for it any more if the content fails first.
  added.catch(() => {})
  // It reports the failure of the file as well, even while the client sends nothing. `written` has it.
  sink?.on('error', () => {})
  if (content && sink) {
    for await (const chunk of content) {
      meter.unpacked(chunk.length)
      if (!sink.write(chunk)) await Promise.race([added, once(sink, 'drain')])
    }
    sink.end(null)
  }
  await added
}
