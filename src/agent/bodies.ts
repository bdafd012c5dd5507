// Small bodies, read completely.

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Refusal } from '../engine/docker/failures.ts'

const BODY_MS = 10_000

const tooLarge = (): Refusal => new Refusal(413, 'The body of the call is too large for the agent of this node.')

export async function readWhole(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > maxBytes) throw tooLarge()
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** The given number of bytes of a connection, of which `head` is already read. The rest stays on it. */
export async function readBytes(near: Duplex, head: Buffer, length: number, maxBytes: number): Promise<Buffer> {
  if (!(length <= maxBytes)) throw tooLarge()
  if (head.length > 0) near.unshift(head)
  if (length === 0) return head.subarray(0, 0)
  const signal = AbortSignal.timeout(BODY_MS)
  for (;;) {
    const body = near.read(length) as Buffer | null
    if (body?.length === length) return body
    if (body || near.readableEnded) throw new Refusal(400, 'The call ended early.')
    await once(near, 'readable', { signal })
  }
}
