// The file system of a container, running or not: reached by archives, without a program inside.
// A path is absolute and has one character for each of its bytes (latin1), since names may hold any.

import type { Readable } from 'node:stream'

export type PathStat = {
  kind: 'file' | 'folder' | 'link' | 'other'
  sizeBytes: number
  mode: number
  /** With nanoseconds. */
  modifiedAt: string
  /** For a link: its final target inside the container. */
  target: string | null
}

export type EngineArchive = {
  /**
   * Undefined if the path or the container does not exist. For a path below a file an engine may also throw FILE_NOT_FOUND.
   * Does not follow a link in the last part of the path.
   */
  statPath(id: string, path: string, signal?: AbortSignal): Promise<PathStat | undefined>
  /**
   * The content of a path as a tar file: a folder with everything below it, sorted by name; a link as a link. Its names
   * begin with the last part of the path.
   */
  readArchive(id: string, path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>>
  /**
   * Unpacks a tar file, with names relative to `root`, by default that of the container. Creates missing folders. After a failure,
   * unpacked entries stay, half of a file included. A folder does not replace a file, nor a file a folder. An engine
   * may refuse a path through a link that leads out of the container (FILE_OUTSIDE); otherwise it resolves the link
   * inside.
   */
  writeArchive(id: string, archive: Readable, signal: AbortSignal, root?: string): Promise<void>
  /** Includes everything below it. Removes a link, not its target. False if there was nothing to remove. `root` as above. */
  removePath(id: string, path: string, root?: string): Promise<boolean>
}
