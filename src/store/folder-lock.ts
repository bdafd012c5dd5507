// One server for each data folder. The lock is on the folder itself, not on a name in it, so removing files releases
// nothing. The kernel releases it when the process ends for any reason. It works on one Linux machine and in one network
// namespace. Elsewhere only the lock of the database protects the folder.

import { mkdirSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { StoreError } from './store-error.ts'

/** Resolves with a function that releases the folder. */
export async function lockFolder(dataDir: string): Promise<() => void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (process.platform !== 'linux') return () => {}
  const { dev, ino } = statSync(dataDir)
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(inUse(dataDir, cause)))
    // An abstract name, which no file system contains.
    server.listen({ path: `\0berth-data-${dev}-${ino}` }, resolve)
  })
  server.unref()
  return () => void server.close()
}

export function inUse(dataDir: string, cause: unknown): StoreError {
  return new StoreError(
    `Another Berth uses the data folder ${dataDir}. Stop it, or set BERTH_DATA_DIR to another folder.`,
    { cause, isInUse: true }
  )
}
