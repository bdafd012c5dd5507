// The write-ahead log of the database. SQLite appends each commit to it without waiting for the disk; here is where whoever
// needs that waits, off the thread and together with others.

import { closeSync, fdatasync, fdatasyncSync, fsyncSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createGroupSync } from '../lib/group-sync.ts'

const syncData = promisify(fdatasync)

export function openJournal(dataDir: string) {
  const fd = openSync(join(dataDir, 'berth.db-wal'), 'r')
  // What a start wrote: the tables, the id, the key, and the names of their files.
  fdatasyncSync(fd)
  syncFolder(dataDir)
  const { flush, check } = createGroupSync(() => syncData(fd))
  return { flush, check, close: (): void => closeSync(fd) }
}

function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
