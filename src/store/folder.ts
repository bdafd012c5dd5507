// The data folder: its permissions, and the mark that tokens exist.

import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'

const OTHERS = 0o077
const OTHERS_WRITE = 0o022

/** Creates the folder, and the database for its owner only. SQLite gives its other files the same mode. */
export function prepareFolder(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const database = join(dataDir, 'berth.db')
  closeSync(openSync(database, 'a', 0o600))
  for (const path of [database, `${database}-wal`, join(dataDir, 'secret.key')])
    if (existsSync(path) && statSync(path).mode & OTHERS) chmodSync(path, 0o600)
}

/** In a container: an engine that creates the folder of a mount opens it to all users of the machine. */
export function closeFolder(dataDir: string): void {
  try {
    if (statSync(dataDir).mode & OTHERS) chmodSync(dataDir, 0o700)
  } catch (error) {
    // Another user owns it. The warning says what to do.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
  }
}

/** A warning for the operator and not a refusal: some file systems, such as those of WSL, have no modes. */
export function folderWarning(dataDir: string): string | undefined {
  const { mode } = statSync(dataDir)
  if (!(mode & OTHERS)) return undefined
  const what = mode & OTHERS_WRITE ? 'write to' : 'look into'
  return `Other users may ${what} the data folder ${dataDir}: chmod 700 ${dataDir}`
}

export function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

export type TokenMark = ReturnType<typeof createTokenMark>

/** A file beside the database that says that tokens protect this server: losing the database must not open it to everybody. */
export function createTokenMark(dataDir: string) {
  const path = join(dataDir, 'tokens-exist')
  return {
    path,
    isSet: (): boolean => existsSync(path),
    set(): void {
      if (existsSync(path)) return
      writeFileSync(path, 'Tokens protect this server. It does not start without them while this file is here.\n', {
        mode: 0o600,
        flush: true
      })
      syncFolder(dataDir)
    },
    clear(): void {
      rmSync(path, { force: true })
      syncFolder(dataDir)
    }
  }
}
