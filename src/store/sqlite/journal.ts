// The write-ahead log of the database. SQLite appends each commit to it without waiting for the disk; here is where whoever
// needs that waits, off the thread and together with others.

import { closeSync, fdatasync, fdatasyncSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createGroupSync } from '../../lib/group-sync.ts'
import { syncFolder } from '../folder.ts'
import { StoreError } from '../store-error.ts'

const syncData = promisify(fdatasync)

export function openJournal(dataDir: string) {
  const files = ['berth.db', 'berth.db-wal'].map((name) => join(dataDir, name))
  const inodes = files.map((path) => statSync(path).ino)
  const fd = openSync(join(dataDir, 'berth.db-wal'), 'r')
  // Checks what a start writes: the tables, the id, the key, and the names of their files.
  fdatasyncSync(fd)
  syncFolder(dataDir)
  const { flush, check } = createGroupSync(() => syncData(fd))

  /** Files that were removed are still written to, and gone with the process. */
  function requireFiles(): void {
    for (const [index, path] of files.entries())
      if (statSync(path, { throwIfNoEntry: false })?.ino !== inodes[index])
        throw new StoreError(
          `${path} was removed or replaced while the server ran. Restore the data folder and restart Berth.`
        )
  }

  return {
    flush,
    /** Throws when what is written would be lost. */
    check(): void {
      check()
      requireFiles()
    },
    close: (): void => closeSync(fd)
  }
}
