// The log of one build: lines appended to a file, up to a limit, and read by any number of readers, each at its own pace.

import { statSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'

/** `offset` is the start of the next line, from which a reader can resume. */
export type LogLine = { text: string; offset: number }
export type LogFile = ReturnType<typeof createLogFile>

const FLUSH_BYTES = 64 * 1024
const FLUSH_MS = 100
const READ_BYTES = 64 * 1024
const MAX_LINE = 16 * 1024
const NEWLINE = 10

export function createLogFile(path: string, maxBytes: number, isOver = false) {
  const waiting = new Set<() => void>()
  let generation = 0
  let pending: string[] = []
  let pendingBytes = 0
  let file: FileHandle | undefined
  let written = sizeOf(path)
  let left = 0
  let hasOmission = false
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
      file ??= await openLog()
      await file.appendFile(text)
    } catch {
      // A build is not to fail because its log cannot be kept; that lines are missing is said with the build.
      isDamaged = true
    }
    tell()
  }

  /** Existing content is from an earlier process, which may have been killed in the middle of a line. */
  async function openLog(): Promise<FileHandle> {
    const opened = await open(path, 'a+', 0o600)
    const { size } = await opened.stat()
    const { buffer } = await opened.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    if (size > 0 && buffer[0] !== NEWLINE) await opened.appendFile('\n')
    return opened
  }

  function add(line: string): void {
    pending.push(line)
    pendingBytes += Buffer.byteLength(line)
  }

  function addOmission(): void {
    if (left > 0) add(`[${left} bytes left out: a log holds at most ${maxBytes} bytes]\n`)
    hasOmission ||= left > 0
    left = 0
  }

  function flush(): Promise<void> {
    flushing = flushing.then(write)
    return flushing
  }

  return {
    /** One line or several. Waits only where they come faster than the disk takes them. */
    async line(text: string): Promise<void> {
      if (isEnded) return
      if (written >= maxBytes) {
        left += Buffer.byteLength(text) + 1
        return
      }
      const line = shortened(text)
      const bytes = Buffer.byteLength(line)
      if (written + bytes > maxBytes) {
        left += bytes
        return
      }
      written += bytes
      add(line)
      if (pendingBytes >= FLUSH_BYTES) await flush()
      else timer ??= setTimeout(() => void flush(), FLUSH_MS)
    },

    /** Keeps the outcome, however long the log is. */
    async lastWord(text: string): Promise<void> {
      addOmission()
      add(shortened(text))
      await flush()
    },

    /** Ends the log. Reports missing lines before it notifies the readers; the log mentions them, too. */
    async end(note: (isIncomplete: boolean) => void = () => {}): Promise<void> {
      addOmission()
      await flush()
      await file?.close()
      file = undefined
      note(hasOmission || isDamaged)
      isEnded = true
      tell()
    },

    /** The lines from an offset on; with `follow` also those to come, until the end. */
    async *read(offset: number, follow: boolean, signal?: AbortSignal): AsyncGenerator<LogLine> {
      if (!isEnded) await flush()
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

function shortened(text: string): string {
  if (text.length <= MAX_LINE) return `${text}\n`
  const lines = text.split('\n')
  return lines
    .map((line) => `${line.length > MAX_LINE ? `${line.slice(0, MAX_LINE).toWellFormed()}…` : line}\n`)
    .join('')
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** The current content of the file. A last line without an end is still being written. */
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
      for (let newline = text.indexOf(NEWLINE); newline !== -1; newline = text.indexOf(NEWLINE, start)) {
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
