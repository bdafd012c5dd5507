// The audit trail as lines of JSON, in a few files of bounded size: `audit.jsonl` and older ones with numbers. Others may
// move or remove the files at any time, as logrotate does.

import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const MAX_BYTES = 10 * 1024 ** 2
const OLD_FILES = 4

export function openAuditFile(dataDir: string, maxBytes = MAX_BYTES) {
  const path = join(dataDir, 'audit.jsonl')
  const old = (number: number) => join(dataDir, `audit.${number}.jsonl`)
  let file = openLines(path)

  /** The old descriptor is closed only when there is a new one: whatever fails before, the file in use stays in use. */
  function reopen(): void {
    const { fd } = file
    file = openLines(path)
    closeSync(fd)
  }

  function rotate(): void {
    for (let number = OLD_FILES - 1; number > 0; number--) renameIfThere(old(number), old(number + 1))
    renameIfThere(path, old(1))
    reopen()
  }

  return {
    append(line: string): void {
      if (!isAt(path, file)) reopen()
      if (file.size >= maxBytes) rotate()
      file.size += writeWhole(file.fd, file.size, line)
    },
    close: (): void => closeSync(file.fd)
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

/** A full disk may take part of a line. That part goes again, so that the next line starts on a line of its own. */
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
