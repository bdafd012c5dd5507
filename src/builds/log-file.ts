// The log of one build: lines appended up to a limit, and read by any number of readers, each at its own pace.

import { isAppError } from '../errors.ts'
import { sleep } from '../lib/sleep.ts'
import type { BuildLog } from '../store/contract/build-files.ts'

/** `offset` is the start of the next line, from which a reader can resume. */
export type LogLine = { text: string; offset: number }
export type LogFile = ReturnType<typeof createLogFile>

const FLUSH_BYTES = 64 * 1024
const FLUSH_MS = 100
const RETRY_MS = 1_000
const MAX_LINE = 16 * 1024
const NEWLINE = 10

/** `life` ends a wait for an unavailable store. */
export function createLogFile(medium: BuildLog, maxBytes: number, isOver = false, life?: AbortSignal) {
  const waiting = new Set<() => void>()
  let generation = 0
  let pending: string[] = []
  let pendingBytes = 0
  /** The size on the medium. Unknown if another process may have written. */
  let stored: number | undefined
  let sizing: Promise<void> | undefined
  let left = 0
  let hasOmission = false
  let isDamaged = false
  let isEnding = false
  let isEnded = isOver
  let flushing: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  function tell(): void {
    generation++
    for (const wake of waiting) wake()
    waiting.clear()
  }

  function measure(): Promise<void> {
    sizing ??= medium
      .bytes()
      .then((bytes) => void (stored = bytes))
      .finally(() => (sizing = undefined))
    return sizing
  }

  async function write(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (pending.length === 0) return
    const text = pending.join('')
    const bytes = pendingBytes
    pending = []
    pendingBytes = 0
    try {
      if (stored === undefined) await measure()
      await medium.append(text, stored ?? 0)
      stored = (stored ?? 0) + bytes
    } catch (error) {
      if (isAppError(error, 'STORE_UNAVAILABLE')) keepForLater(text, bytes)
      // A build must not fail because its log cannot be stored. The build shows that lines are missing.
      else isDamaged = true
    }
    tell()
  }

  function keepForLater(text: string, bytes: number): void {
    pending.unshift(text)
    pendingBytes += bytes
    if (!life?.aborted) timer ??= setTimeout(() => void flush(), RETRY_MS).unref()
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
    /** Before the first line of a stage: another server may have written since. */
    resume(): void {
      stored = undefined
    },

    /** One line or several. Waits only if they arrive faster than the disk takes them. */
    async line(text: string): Promise<void> {
      if (isEnding || isEnded) return
      if (stored === undefined) await measure().catch(() => {})
      if (isEnding) return
      const written = (stored ?? 0) + pendingBytes
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
      isEnding = true
      addOmission()
      await flush()
      while (pending.length > 0 && life && !life.aborted) {
        await sleep(RETRY_MS, life)
        await flush()
      }
      await medium.close()
      note(hasOmission || isDamaged || pending.length > 0)
      this.ended()
    },

    /** Another server ended it. */
    ended(): void {
      isEnded = true
      tell()
    },
    /** Another server wrote to it. */
    wake: tell,

    /** The lines from an offset on, and with `follow` also new ones, until the end. */
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
          for await (const line of linesOf(medium.read(position), position)) {
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

/** A last line without an end is still being written. */
async function* linesOf(content: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<LogLine> {
  let rest: Uint8Array = new Uint8Array()
  let position = offset
  for await (const piece of content) {
    const text = Buffer.concat([rest, piece])
    let start = 0
    for (let newline = text.indexOf(NEWLINE); newline !== -1; newline = text.indexOf(NEWLINE, start)) {
      position += newline + 1 - start
      yield { text: text.toString('utf8', start, newline), offset: position }
      start = newline + 1
    }
    rest = text.subarray(start)
  }
}
