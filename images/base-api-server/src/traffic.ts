import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Readable } from 'node:stream'
import type { Writable } from 'node:stream'

import { DataQuery, Echo, LogQuery, Problem, Written } from './schemas.ts'

type Output = { output: { stdout: Writable; stderr: Writable } }

const PIECE = Buffer.alloc(64 * 1024, '0123456789abcdef')

export const trafficRoutes: FastifyPluginAsyncTypebox<Output> = async (app, { output }) => {
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  app.get(
    '/data',
    {
      schema: {
        operationId: 'getData',
        tags: ['Traffic'],
        summary: 'Sends as many bytes as asked',
        querystring: DataQuery,
        response: {
          200: {
            description: 'The bytes, streamed.',
            content: { 'application/octet-stream': { schema: Type.Unsafe({ type: 'string', format: 'binary' }) } }
          },
          400: Problem,
          default: Problem
        }
      }
    },
    ({ query: { size } }, reply) =>
      reply
        .type('application/octet-stream')
        .header('content-length', size)
        .send(Readable.from(pieces(size), { objectMode: false }))
  )

  app.post(
    '/echo',
    {
      schema: {
        operationId: 'echo',
        tags: ['Traffic'],
        summary: 'Answers with what it was sent',
        description: 'Takes any content type, up to 1 MiB.',
        body: Type.Unknown({ examples: [{ hello: 'world' }] }),
        response: { 200: Echo, 400: Problem, default: Problem }
      }
    },
    ({ headers, body }) => ({
      content_type: headers['content-type'] ?? null,
      bytes: Number(headers['content-length'] ?? 0),
      body: body ?? null
    })
  )

  app.get(
    '/log',
    {
      schema: {
        operationId: 'writeLog',
        tags: ['Traffic'],
        summary: 'Writes lines to the log',
        querystring: LogQuery,
        response: { 200: Written, 400: Problem, default: Problem }
      }
    },
    ({ query: { lines, stream, text } }) => {
      output[stream].write(Array.from({ length: lines }, (_, index) => `${index + 1}/${lines} ${text}\n`).join(''))
      return { lines, stream }
    }
  )
}

function* pieces(size: number): Generator<Buffer> {
  for (let left = size; left > 0; left -= PIECE.length) yield PIECE.subarray(0, left)
}
