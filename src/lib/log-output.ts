// Where log lines go. A reader that has stopped reading holds nothing up: lines beyond a bound are dropped and counted.

import type { Writable } from 'node:stream'

const MAX_WAITING_BYTES = 1024 ** 2

export function createLogOutput(stream: Writable, maxBytes = MAX_WAITING_BYTES) {
  let dropped = 0
  // A reader that is gone is no reason to end.
  stream.on('error', () => {})

  return {
    write(line: string): void {
      if (stream.writableLength >= maxBytes) {
        dropped++
        return
      }
      if (dropped > 0) {
        stream.write(`${JSON.stringify({ level: 40, time: Date.now(), dropped, msg: 'log lines were dropped' })}\n`)
        dropped = 0
      }
      stream.write(line)
    }
  }
}
