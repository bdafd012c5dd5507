// Where the bytes of a log lie: in a file of the data folder, or in the store that servers share.

import { open, stat, type FileHandle } from 'node:fs/promises'
import type { BuildFileStore } from '../store/contract/build-files.ts'

export type LogMedium = {
  bytes(): Promise<number>
  /** At that offset, the end. Written again, the same stays once. */
  append(text: string, at: number): Promise<void>
  /** A piece is valid until the next one. */
  read(offset: number): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

const READ_BYTES = 64 * 1024
const NEWLINE = 10

export function fileMedium(path: string): LogMedium {
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
  const { size } = await opened.stat()
  const { buffer } = await opened.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
  if (size > 0 && buffer[0] !== NEWLINE) await opened.appendFile('\n')
  return opened
}

export function sharedMedium(shared: BuildFileStore, id: string): LogMedium {
  return {
    bytes: () => shared.logBytes(id),
    append: (text, at) => shared.addToLog(id, text, at),
    read: (offset) => shared.log(id, offset),
    async close() {}
  }
}
