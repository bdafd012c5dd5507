// Rules for the contents of a build context. Pure.

import { AppError } from '../../errors.ts'

export type EntryType = 'file' | 'directory' | 'symlink' | 'link'
export type ContextLimits = {
  uploadBytes: number
  contextBytes: number
  entries: number
  /** Called with the bytes before they are written to the disk, where it throws if there is no room, and with a negative
   *  number once they are removed. */
  take?: ((bytes: number) => void) | undefined
}

// A Dockerfile is parsed on the only thread, under every interpretation of any builder.
export const MAX_DOCKERFILE_BYTES = 128 * 1024
const MAX_PATH = 1024
const MAX_SEGMENT = 255
// Text compresses well, but no real context compresses a thousandfold.
const MAX_RATIO = 200
const RATIO_FROM_BYTES = 16 * 1024 * 1024

export function invalidContext(message: string, cause?: unknown): AppError {
  return new AppError('INVALID_CONTEXT', message, { fields: [{ field: 'file', message }], cause })
}

/** The path in the tar file for the builder; undefined for the root itself. */
export function entryPath(raw: string): string | undefined {
  const shown = JSON.stringify(raw.length > 120 ? `${raw.slice(0, 120)}…` : raw)
  if (raw.includes('\0') || raw.includes('\\'))
    throw invalidContext(`The path ${shown} has a character that no path may have.`)
  if (raw.startsWith('/') || /^[a-zA-Z]:/.test(raw))
    throw invalidContext(`The path ${shown} is absolute; paths of a context are relative.`)
  const parts = raw.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw invalidContext(`The path ${shown} leads out of the context.`)
  if (Buffer.byteLength(raw) > MAX_PATH || parts.some((part) => Buffer.byteLength(part) > MAX_SEGMENT))
    throw invalidContext(
      `The path ${shown} is too long: at most ${MAX_PATH} bytes, ${MAX_SEGMENT} between two slashes.`
    )
  return parts.length === 0 ? undefined : parts.join('/')
}

export function entryType(name: string, type: string | null | undefined): EntryType {
  if (type === 'file' || type === 'contiguous-file') return 'file'
  if (type === 'directory' || type === 'symlink' || type === 'link') return type
  const kind = type ? `a ${type}` : 'of an unknown kind'
  throw invalidContext(`${JSON.stringify(name)} is ${kind}; a context holds files, folders and links only.`)
}

/** The builder must get exactly the checked files: no path occurs twice, or behind a link that leads elsewhere. */
export function createPathCheck() {
  const types = new Map<string, EntryType>()
  return (path: string, type: EntryType): void => {
    const known = types.get(path)
    if (known !== undefined && !(known === 'directory' && type === 'directory'))
      throw invalidContext(`The path ${JSON.stringify(path)} stands twice in the file.`)
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const above = types.get(path.slice(0, slash)) ?? 'directory'
      if (above !== 'directory') throw invalidContext(`The path ${JSON.stringify(path)} leads through a ${above}.`)
    }
    types.set(path, type)
  }
}

/** Counts the passing bytes and fails at a limit. */
export function createMeter({ contextBytes, entries, take = () => {} }: ContextLimits) {
  const seen = { packed: 0, unpacked: 0, entries: 0 }
  return {
    seen,
    /** Of a file on the disk. */
    written: take,
    packed(bytes: number): void {
      seen.packed += bytes
    },
    entry(): void {
      if (++seen.entries > entries) throw invalidContext(`The context has more than ${entries} files and folders.`)
    },
    /** The size that an entry claims. A read shows whether it is true. */
    announced(bytes: number): void {
      if (seen.unpacked + bytes > contextBytes)
        throw invalidContext(`The context is larger than ${contextBytes} bytes once unpacked.`)
    },
    unpacked(bytes: number): void {
      seen.unpacked += bytes
      if (seen.unpacked > RATIO_FROM_BYTES && seen.unpacked > seen.packed * MAX_RATIO)
        throw invalidContext(`The context unpacks to more than ${MAX_RATIO} times its size, as nothing ordinary does.`)
    }
  }
}
export type Meter = ReturnType<typeof createMeter>
