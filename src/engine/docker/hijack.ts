// A connection that carries bytes both ways: the engine switches protocols ("hijacks") instead of answering.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Client } from './client.ts'
import { TimeoutError, UnreadableAnswer } from './failures.ts'
import { refusal, translated, type EngineRequest } from './request.ts'

/** The deadline counts until the engine switches. Afterwards the connection belongs to the caller. */
export function openConnection(client: Client, asked: EngineRequest): Promise<Duplex> {
  return translated(client, asked, async () => {
    const body = JSON.stringify(asked.body)
    const call = client.send({
      ...asked,
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(body)),
        Connection: 'Upgrade',
        Upgrade: 'tcp'
      }
    })
    const opened = Promise.withResolvers<Duplex>()
    const timer = setTimeout(() => call.destroy(new TimeoutError()), asked.timeoutMs)
    call
      .on('upgrade', (_answer: IncomingMessage, socket: Duplex, head: Buffer) => {
        if (head.length > 0) socket.unshift(head)
        opened.resolve(socket)
      })
      .on('response', (answer: IncomingMessage) => {
        const why =
          (answer.statusCode ?? 0) < 300
            ? new UnreadableAnswer('it does not switch protocols')
            : refusal(answer, () => {})
        void Promise.resolve(why)
          .then(opened.reject, opened.reject)
          .finally(() => call.destroy())
      })
      .on('error', opened.reject)
      .end(body)
    try {
      return await opened.promise
    } finally {
      clearTimeout(timer)
    }
  })
}
