// One connection to a terminal, over any transport: the first frame opens it, the others go to the session, and the session's
// output comes back.

import { AppError, invalidField, isAppError, unexpected } from '../errors.ts'
import type { ClientFrame, ServerFrame } from './frames.ts'
import { SIGNALS } from './schemas.ts'
import type { Viewer } from './session.ts'

/** The frames of a client. They end when it closes the terminal, and throw if it only detaches or the connection breaks. */
export type Incoming = AsyncIterable<ClientFrame | undefined>

// Until then it does not count as a terminal of its caller.
const FIRST_FRAME_MS = 10_000

export async function* converse(
  incoming: Incoming,
  open: (asked: unknown) => Promise<Viewer>
): AsyncGenerator<ServerFrame> {
  const frames = incoming[Symbol.asyncIterator]()
  const first = await firstOf(frames)
  if (first.done) return
  if (first.value?.kind !== 'open') throw noFrame()
  const viewer = await open(first.value.open)
  void listen(frames, viewer).catch((error: unknown) =>
    viewer.fail(error instanceof AppError ? error : unexpected(error))
  )
  try {
    yield { kind: 'opened', opened: viewer.opened }
    yield* viewer.events()
  } finally {
    viewer.leave()
  }
}

async function firstOf(frames: AsyncIterator<ClientFrame | undefined>) {
  const late = Promise.withResolvers<never>()
  const tooLate = () =>
    late.reject(new AppError('REQUEST_TIMEOUT', 'No frame arrived in the first ten seconds. Send `open` at once.'))
  const timer = setTimeout(tooLate, FIRST_FRAME_MS)
  try {
    return await Promise.race([frames.next(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Throws the client's error. */
async function listen(frames: AsyncIterator<ClientFrame | undefined>, viewer: Viewer): Promise<void> {
  for (;;) {
    const next = await frames.next().catch((error: unknown) => {
      if (isAppError(error, 'INVALID_REQUEST')) throw error
    })
    if (!next) return viewer.leave()
    if (next.done) return viewer.close()
    check(next.value)
    viewer.take(next.value)
  }
}

function check(frame: ClientFrame | undefined): asserts frame is Exclude<ClientFrame, { kind: 'open' }> {
  if (!frame || frame.kind === 'open') throw noFrame()
  if (frame.kind === 'resize' && (frame.cols === 0 || frame.rows === 0)) throw noFrame()
  if (frame.kind === 'signal' && !SIGNALS.some((known) => known === frame.signal)) throw noFrame()
}

function noFrame(): AppError {
  return invalidField('frame', 'is not one that a client may send here')
}
