// One server for each data folder. The lock is on the folder itself and on no name in it, so removing files opens nothing;
// the kernel gives it back when the process ends, however it ends. It is seen on one Linux machine and in one network
// namespace; elsewhere the lock of the database is all.

import { mkdirSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { StoreError } from './store-error.ts'

/** Resolves with what gives the folder back. */
export async function lockFolder(dataDir: string): Promise<() => void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (process.platform !== 'linux') return () => {}
  const { dev, ino } = statSync(dataDir)
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(inUse(dataDir, cause)))
    // An abstract name: it is in no file system.
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
