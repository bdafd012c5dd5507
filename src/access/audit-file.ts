// The audit trail as lines of JSON, in a few files of bounded size: `audit.jsonl` and older ones with numbers. Others may
// move or remove the files at any time, as logrotate does.

import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createGroupSync, syncPath } from '../lib/group-sync.ts'

const MAX_BYTES = 10 * 1024 ** 2
const OLD_FILES = 4

const syncData = promisify(fdatasync)

export type AuditFile = ReturnType<typeof openAuditFile>

export function openAuditFile(dataDir: string, maxBytes = MAX_BYTES) {
  const path = join(dataDir, 'audit.jsonl')
  const old = (number: number) => join(dataDir, `audit.${number}.jsonl`)
  let file = openLines(path)
  // Replaced by another, but not known to be on the disk yet.
  let replaced: Lines[] = []
  let hasNewName = true

  /** The current file stays in use until there is a new one. */
  function reopen(): void {
    const newer = openLines(path)
    replaced.push(file)
    file = newer
    hasNewName = true
  }

  async function sync(): Promise<void> {
    const older = replaced
    replaced = []
    const needsFolder = hasNewName
    hasNewName = false
    await Promise.all([...older, file].map(({ fd }) => syncData(fd)))
    if (needsFolder) await syncPath(dataDir)
    for (const { fd } of older) closeSync(fd)
  }

  const { flush, check } = createGroupSync(sync)

  function rotate(): void {
    for (let number = OLD_FILES - 1; number > 0; number--) renameIfThere(old(number), old(number + 1))
    renameIfThere(path, old(1))
    reopen()
  }

  return {
    append(line: string): void {
      check()
      if (!isAt(path, file)) reopen()
      if (file.size >= maxBytes) rotate()
      file.size += writeWhole(file.fd, file.size, line)
    },
    /** Resolves when all lines so far survive a power failure. */
    flush,
    close(): void {
      for (const { fd } of [...replaced, file]) closeSync(fd)
    }
  }
}

type Lines = { fd: number; dev: number; ino: number; size: number }

function openLines(path: string): Lines {
  const fd = openSync(path, 'a', 0o600)
  const { dev, ino, size } = fstatSync(fd)
  return { fd, dev, ino, size }
}

/** No other file can have the inode of one that is open. */
function isAt(path: string, { dev, ino }: Lines): boolean {
  const there = statSync(path, { throwIfNoEntry: false })
  return there?.ino === ino && there.dev === dev
}

/** A full disk may take part of a line. That part is removed, so that the next entry starts on a new line. */
function writeWhole(fd: number, size: number, line: string): number {
  const bytes = Buffer.from(line)
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written)
    return written
  } catch (error) {
    if (written > 0) ftruncateSync(fd, size)
    throw error
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
