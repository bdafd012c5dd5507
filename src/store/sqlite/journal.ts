// The write-ahead log of the database. SQLite appends each commit to it without waiting for the disk. Callers that need the
// disk wait here, off the main thread and together.

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
  // Syncs the writes of the start: the tables, the id, the key, and the names of their files.
  fdatasyncSync(fd)
  syncFolder(dataDir)
  const { flush, check } = createGroupSync(() => syncData(fd))

  /** Writes to removed files succeed, but the data is lost when the process ends. */
  function requireFiles(): void {
    for (const [index, path] of files.entries())
      if (statSync(path, { throwIfNoEntry: false })?.ino !== inodes[index])
        throw new StoreError(
          `${path} was removed or replaced while the server ran. Restore the data folder and restart Berth.`
        )
  }

  return {
    flush,
    /** Throws if writes would be lost. */
    check(): void {
      check()
      requireFiles()
    },
    close: (): void => closeSync(fd)
  }
}
