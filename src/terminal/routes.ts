// A terminal over a WebSocket. docs/terminal.md explains it.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AppError, unexpected } from '../errors.ts'
import { Problem } from '../http/errors.ts'
import { addressOf } from '../http/security.ts'
import { close, CLOSE, messagesOf, send, type Socket } from '../http/websockets.ts'
import { ref } from '../lib/schema.ts'
import { converse } from './conversation.ts'
import { createServerEncoder, decodeClient, encodeServer, type ClientFrame } from './frames.ts'
import { TerminalParams } from './schemas.ts'
import type { TerminalService, Visitor } from './service.ts'

type Options = { terminals: TerminalService }

export const terminalRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { terminals }) => {
  app.route({
    method: 'GET',
    url: '/containers/:id/terminal',
    config: { scope: 'exec', isChange: true },
    schema: {
      operationId: 'openTerminal',
      tags: ['containers'],
      summary: 'Open a terminal in a container',
      description:
        'Opens a WebSocket with binary frames. The subprotocol is `berth.terminal.v1`. Send a token as a second subprotocol: `berth.token.` and its base64url. ' +
        'The first frame starts a command or resumes a session. Then the client sends input, size, acknowledgements and signals, and the server output and the exit code. ' +
        'See docs/terminal.md for every frame. Without an upgrade, the route returns the error that an upgrade would meet, else `UPGRADE_NEEDED`. Requires BERTH_EXEC=true on the server.',
      params: TerminalParams,
      response: {
        200: {
          description: 'Never sent. A successful upgrade returns 101.',
          content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
        },
        426: {
          description: 'The request is not a WebSocket upgrade.',
          content: { 'application/problem+json': { schema: ref(Problem) } }
        }
      }
    },
    preHandler: async (request) => terminals.check(request.caller, request.params.id),
    handler: async () => {
      throw new AppError('UPGRADE_NEEDED', 'This route requires a WebSocket upgrade; see docs/terminal.md.')
    },
    wsHandler: (socket, request) => {
      const { id } = request.params
      const peer = { address: addressOf(request), door: 'rest' } as const
      const visitor = { caller: request.caller, peer, requestId: request.id }
      return serve(terminals, socket, id, visitor, (error) => {
        request.failedStream = error.code
        if (error.code === 'INTERNAL') request.log.error({ err: error.cause }, 'unexpected error')
      })
    }
  })
}

async function serve(
  terminals: TerminalService,
  socket: Socket,
  reference: string,
  visitor: Visitor,
  onFailure: (error: AppError) => void
): Promise<void> {
  const frames = framesOf(messagesOf(socket))
  const encode = createServerEncoder()
  try {
    for await (const frame of converse(frames, (asked) => terminals.open(reference, asked, visitor)))
      await send(socket, encode(frame))
    close(socket, CLOSE.normal, 'ended')
  } catch (error) {
    const known = error instanceof AppError ? error : unexpected(error)
    onFailure(known)
    await send(socket, encodeServer({ kind: 'failed', failed: { code: known.code, detail: known.message } }))
    close(socket, known.entry.status >= 500 ? CLOSE.failed : CLOSE.refused, known.code)
  }
}

async function* framesOf(messages: AsyncIterable<Buffer>): AsyncGenerator<ClientFrame | undefined> {
  for await (const message of messages) yield decodeClient(message)
}
