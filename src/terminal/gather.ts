// Programs write small pieces, and each read, frame and write costs about the same for any size. After a small piece the next
// read waits, so that more has arrived by then. The first piece after a silence arrives at once.

import type { OutputPiece } from '../engine/contract/workloads.ts'
import { sleep } from '../lib/sleep.ts'
import { PIECE_BYTES } from './frames.ts'

// Half the time between two pictures of a screen.
const PAUSE_MS = 8

export async function* gathered(
  output: AsyncIterable<OutputPiece>,
  pause: () => Promise<void> = () => sleep(PAUSE_MS)
): AsyncGenerator<OutputPiece> {
  for await (const piece of output) {
    yield piece
    if (piece.bytes.length < PIECE_BYTES) await pause()
  }
}
