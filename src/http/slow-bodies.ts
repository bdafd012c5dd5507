// Limits the time to receive a request. Node has one limit for all, but JSON arrives at once, while an upload may take
// an hour as long as it makes progress.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { answerRawError } from './raw-errors.ts'

/** The most that Node itself allows for any request. */
export const LONGEST_UPLOAD_MS = 6 * 3_600_000

const BODY_MS = 30_000
const IDLE_MS = 60_000

export function registerSlowBodies(app: FastifyInstance, { bodyMs = BODY_MS, idleMs = IDLE_MS } = {}): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { complete, headers } = request.raw
    if (!complete && ('content-length' in headers || 'transfer-encoding' in headers)) guard(request, reply)
    done()
  })

  function guard({ raw, routeOptions }: FastifyRequest, reply: FastifyReply): void {
    const { isUpload = raw.headers['content-type']?.startsWith('multipart/') ?? false } = routeOptions.config
    const { socket } = raw
    const timer = setTimeout(tooSlow, isUpload ? idleMs : bodyMs)
    let read = socket.bytesRead
    function tooSlow() {
      // The whole body is here; the handler has not read it, or is slow.
      if (raw.complete) return
      if (isUpload && socket.bytesRead > read) {
        read = socket.bytesRead
        timer.refresh()
      } else answerRawError({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket)
    }
    const clear = () => clearTimeout(timer)
    raw.once('end', clear).once('close', clear)
    // A client that has its response may leave the rest unsent.
    reply.raw.once('finish', clear)
  }
}
