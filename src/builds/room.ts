// The disk space for builds, contexts and logs together, and whether the disk has any left.

import { AppError } from '../errors.ts'
import type { BuildFiles } from './files.ts'

export type Room = ReturnType<typeof createRoom>

// A walk through all folders is too slow for each upload.
const MEASURED_MS = 10_000
const LOOK_BYTES = 1024 ** 2

export function createRoom({
  files,
  most,
  hasRoom,
  now = Date.now
}: {
  files: Pick<BuildFiles, 'bytes'>
  most: number
  /** On the disk. */
  hasRoom: () => boolean
  now?: () => number
}) {
  let used = 0
  let measuredAt = -Infinity
  let unlooked = 0

  function check(): void {
    if (used >= most)
      throw new AppError('STORAGE_FULL', `Builds use ${used} of ${most} bytes. Remove some, or wait until they finish.`)
    if (!hasRoom()) throw new AppError('STORAGE_FULL', 'The disk of the data folder is full. Remove builds or images.')
  }

  return {
    /** Throws if no more uploads fit. */
    async require(): Promise<void> {
      if (now() - measuredAt >= MEASURED_MS) {
        measuredAt = now()
        used = await files.bytes()
      }
      check()
    },

    /** Call this with the bytes written, negative once they are removed. */
    take(bytes: number): void {
      used += bytes
      unlooked += Math.max(bytes, 0)
      if (unlooked < LOOK_BYTES) return
      unlooked = 0
      check()
    }
  }
}
