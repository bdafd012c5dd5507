// The output of log lines: one write per turn of the event loop, and at once for warnings and errors. A stalled reader
// blocks nothing: lines beyond a bound are dropped and counted.

import type { Writable } from 'node:stream'
import { symbols } from 'pino'

const MAX_WAITING_BYTES = 1024 ** 2
const WARNING = 40

export function createLogOutput(stream: Writable, maxBytes = MAX_WAITING_BYTES) {
  let dropped = 0
  let waiting = ''
  // A reader that is gone is no reason to end.
  stream.on('error', () => {})
  process.once('exit', flushSync)

  function add(line: string): void {
    if (waiting === '') setImmediate(flushSync)
    waiting += line
  }

  /** An exit leaves no other turn. Pino calls it by this name after a fatal line. */
  function flushSync(): void {
    if (waiting !== '') stream.write(waiting)
    waiting = ''
  }

  return {
    /** Makes pino store the level of a line before it passes the line on. */
    [symbols.needsMetadataGsym]: true,
    lastLevel: 0,
    write(line: string): void {
      if (stream.writableLength + waiting.length >= maxBytes) {
        dropped++
        return
      }
      if (dropped > 0)
        add(`${JSON.stringify({ level: WARNING, time: Date.now(), dropped, msg: 'log lines were dropped' })}\n`)
      dropped = 0
      add(line)
      if (this.lastLevel >= WARNING) flushSync()
    },
    flushSync
  }
}
