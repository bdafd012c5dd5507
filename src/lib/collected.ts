// The chunks of a long stream are outside of V8's heap, which sees them as a few small objects and collects them late:
// docs/decisions/130-downloads-collect-what-they-leave.md

const EVERY_BYTES = 4 * 1024 ** 2

/** The same chunks. Needs a process started with --expose-gc; without it, a stream takes more memory. */
export async function* collected(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const piece of pieces) {
    yield piece
    bytes += piece.length
    if (bytes < EVERY_BYTES) continue
    bytes = 0
    globalThis.gc?.({ type: 'minor' })
  }
}
