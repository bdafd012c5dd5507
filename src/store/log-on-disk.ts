// The bytes of a log in a file.

import { open, stat, type FileHandle } from 'node:fs/promises'
import type { BuildLog } from './contract/build-files.ts'

const READ_BYTES = 64 * 1024
const NEWLINE = 10

export function logOnDisk(path: string): BuildLog {
  let file: FileHandle | undefined

  return {
    bytes: async () => (await stat(path).catch(() => undefined))?.size ?? 0,
    async append(text) {
      file ??= await openLog(path)
      await file.appendFile(text)
    },
    async *read(offset) {
      const source = await open(path, 'r').catch(() => undefined)
      if (!source) return
      const buffer = Buffer.alloc(READ_BYTES)
      try {
        for (let position = offset; ;) {
          const { bytesRead } = await source.read(buffer, 0, READ_BYTES, position)
          if (bytesRead === 0) return
          position += bytesRead
          yield buffer.subarray(0, bytesRead)
        }
      } finally {
        await source.close()
      }
    },
    async close() {
      await file?.close()
      file = undefined
    }
  }
}

/** Existing content is from an earlier process, which may have been killed in the middle of a line. */
async function openLog(path: string): Promise<FileHandle> {
  const opened = await open(path, 'a+', 0o600)
  try {
    const { size } = await opened.stat()
    const { buffer } = await opened.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    if (size > 0 && buffer[0] !== NEWLINE) await opened.appendFile('\n')
    return opened
  } catch (error) {
    await opened.close()
    throw error
  }
}
