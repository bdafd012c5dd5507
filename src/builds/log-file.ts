// The log of one build: lines appended to a file, up to a limit, and read by any number of readers, each at its own pace.

import { open, type FileHandle } from 'node:fs/promises'

/** `offset` is where the next line begins: from there a reader that was cut off goes on. */
export type LogLine = { text: string; offset: number }
export type LogFile = ReturnType<typeof createLogFile>

const FLUSH_BYTES = 64 * 1024
const FLUSH_MS = 100
const READ_BYTES = 64 * 1024
const MAX_LINE = 16 * 1024

export function createLogFile(path: string, maxBytes: number, isOver = false) {
  const waiting = new Set<() => void>()
  let generation = 0
  let pending: string[] = []
  let pendingBytes = 0
  let file: FileHandle | undefined
  let written = 0
  let left = 0
  let isDamaged = false
  let isEnded = isOver
  let flushing: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  function tell(): void {
    generation++
    for (const wake of waiting) wake()
    waiting.clear()
  }

  async function write(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (pending.length === 0) return
    const text = pending.join('')
    pending = []
    pendingBytes = 0
    try {
      if (!file) {
        file = await open(path, 'a', 0o600)
        written += (await file.stat()).size
      }
      await file.appendFile(text)
    } catch {
      // A build is not to fail because its log cannot be kept; that lines are missing is said with the build.
      isDamaged = true
    }
    tell()
  }

  function flush(): Promise<void> {
    flushing = flushing.then(write)
    return flushing
  }

  return {
    /** Waits only where lines come faster than the disk takes them. */
    async line(text: string): Promise<void> {
      const line = `${text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text}\n`
      const bytes = Buffer.byteLength(line)
      if (written + bytes > maxBytes) {
        left += bytes
        return
      }
      written += bytes
      pending.push(line)
      pendingBytes += bytes
      if (pendingBytes >= FLUSH_BYTES) await flush()
      else timer ??= setTimeout(() => void flush(), FLUSH_MS)
    },

    /** No line comes any more. True when lines are missing; the log says so itself. */
    async end(): Promise<boolean> {
      if (left > 0) pending.push(`[${left} bytes left out: a log holds at most ${maxBytes} bytes]\n`)
      await flush()
      await file?.close()
      file = undefined
      isEnded = true
      tell()
      return left > 0 || isDamaged
    },

    /** The lines from an offset on; with `follow` also those to come, until the end. */
    async *read(offset: number, follow: boolean, signal?: AbortSignal): AsyncGenerator<LogLine> {
      let wake = () => {}
      const abort = () => wake()
      signal?.addEventListener('abort', abort, { once: true })
      let position = offset
      try {
        for (;;) {
          const seen = generation
          const wasEnded = isEnded
          for await (const line of readLines(path, position)) {
            if (signal?.aborted) return
            position = line.offset
            yield line
          }
          if (wasEnded || !follow || signal?.aborted) return
          if (generation === seen)
            await new Promise<void>((resolve) => {
              wake = resolve
              waiting.add(resolve)
            })
        }
      } finally {
        waiting.delete(wake)
        signal?.removeEventListener('abort', abort)
      }
    }
  }
}

/** What stands in the file just now. A last line without its end is still being written. */
async function* readLines(path: string, offset: number): AsyncGenerator<LogLine> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return
  try {
    const buffer = Buffer.alloc(READ_BYTES)
    let rest: Uint8Array = new Uint8Array()
    let position = offset
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, position + rest.length)
      if (bytesRead === 0) return
      const text = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      let start = 0
      for (let newline = text.indexOf(10); newline !== -1; newline = text.indexOf(10, start)) {
        position += newline + 1 - start
        yield { text: text.toString('utf8', start, newline), offset: position }
        start = newline + 1
      }
      rest = text.subarray(start)
    }
  } finally {
    await file.close()
  }
}
