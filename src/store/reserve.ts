// Reserved disk space in the data folder for operations that free space: a file that Berth deletes when the disk is
// full, so that stopping, removing and cancelling can still be recorded, and creates again once there is space.

import { closeSync, existsSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isDiskFull } from '../errors.ts'

export type Reserve = ReturnType<typeof createReserve>
type Log = { warn(fields: object, message: string): void; info(fields: object, message: string): void }

const MEBIBYTE = 1024 ** 2
const RESERVE_BYTES = 16 * MEBIBYTE
// The records of one change take a few pages of the database.
const LOW_BYTES = MEBIBYTE

export function createReserve({ dataDir, log, bytes = RESERVE_BYTES }: { dataDir: string; log: Log; bytes?: number }) {
  const path = join(dataDir, 'reserve')

  const size = (): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

  function free(): number {
    const { bavail, bsize } = statfsSync(dataDir)
    return bavail * bsize
  }

  function spend(): boolean {
    if (size() === 0) return false
    rmSync(path)
    log.warn({ dataDir }, 'the disk of the data folder is full: only operations that free space are done')
    return true
  }

  /** Writes the bytes, since a sparse file reserves no space. */
  function fill(): void {
    const file = openSync(path, 'w', 0o600)
    try {
      const piece = Buffer.alloc(MEBIBYTE, 1)
      for (let written = 0; written < bytes; written += piece.length) writeSync(file, piece)
    } catch (error) {
      rmSync(path)
      if (!isDiskFull(error)) throw error
    } finally {
      closeSync(file)
    }
  }

  return {
    /** Whether an operation that needs space may start. The reserve is created first. */
    hasRoom(): boolean {
      // The next write reports the missing folder.
      if (!existsSync(dataDir)) return true
      const isWhole = size() >= bytes
      if (free() < (isWhole ? bytes : 2 * bytes)) return false
      if (!isWhole) {
        fill()
        log.info({ dataDir }, 'space on the disk of the data folder is reserved')
      }
      return true
    },

    /** For operations that free space: releases the reserve when the disk is almost full. */
    help(): void {
      if (free() < LOW_BYTES) spend()
    },

    /** Retries a task that failed for lack of space, with the reserve released. */
    async tryWith<T>(task: () => T | Promise<T>): Promise<T> {
      try {
        return await task()
      } catch (error) {
        if (!isDiskFull(error) || !spend()) throw error
        return task()
      }
    }
  }
}
