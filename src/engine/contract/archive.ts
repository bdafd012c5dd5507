// The file system of a container, running or not: reached by archives, without a program inside.
// A path is absolute and has one character for each of its bytes (latin1), since names may hold any.

import type { Readable } from 'node:stream'

export type PathStat = {
  kind: 'file' | 'folder' | 'link' | 'other'
  sizeBytes: number
  mode: number
  /** With its nanoseconds. */
  modifiedAt: string
  /** Of a link: where it leads in the end, inside of the container. */
  target: string | null
}

export type EngineArchive = {
  /**
   * Undefined when there is no such path, or no such container; of a path below a file an engine may also say FILE_NOT_FOUND. The
   * last part of the path is not followed.
   */
  statPath(id: string, path: string, signal?: AbortSignal): Promise<PathStat | undefined>
  /**
   * What is at the path, as a tar file: a folder with all below it, in the order of names; a link as a link. The names in it begin
   * with the last part of the path.
   */
  readArchive(id: string, path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>>
  /**
   * Unpacks a tar file, whose names begin at the root of the container. Folders that are missing are made. What was unpacked before
   * a failure stays, half of a file too. A folder does not take the place of a file, nor a file that of a folder. An engine may
   * refuse a path through a link that leads out of the container (FILE_OUTSIDE); else the link stays inside.
   */
  writeArchive(id: string, archive: Readable, signal: AbortSignal): Promise<void>
  /** With all below it; a link, and not where it leads. False when there was nothing to remove. */
  removePath(id: string, path: string): Promise<boolean>
}
