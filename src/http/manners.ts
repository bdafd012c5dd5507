// HTTP conventions: compressed bodies, validators, links to the next page, traces, a trailing newline.

import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import compress from '@fastify/compress'
import etag from '@fastify/etag'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

// Streams bypass these hooks, and a log must arrive as it is written.
const COMPRESSED = /^(text\/(html|css|javascript)|application\/(json|javascript|problem\+json)|image\/svg\+xml)\b/
// Smaller ones would hardly shrink.
const LEAST_BYTES = 1024
const TRACE = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/
const TERMINALS = /^(curl|wget|httpie)\//i

export async function registerManners(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', ({ headers }, reply, done) => {
    if (traceOf(headers) !== undefined) reply.header('traceparent', headers.traceparent)
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    linkNextPage(request, reply)
    // Compression would buffer a stream.
    if (payload instanceof Readable && !isFile(reply)) request.headers['x-no-compression'] = 'true'
    done(null, withNewline(request, reply, payload))
  })
  await app.register(etag, { weak: true, hashFn: createHash() })
  await app.register(compress, {
    threshold: LEAST_BYTES,
    encodings: ['gzip'],
    customTypes: COMPRESSED,
    // A small body could become a very large one.
    globalDecompression: false
  })
}

/** Without a native object for each answer, and only once for bytes that are sent repeatedly, such as a list. */
function createHash(): (payload: string | Buffer) => string {
  const known = new WeakMap<Buffer, string>()
  return (payload) => {
    if (typeof payload === 'string') return hash('sha1', payload, 'base64')
    const digest = known.get(payload) ?? hash('sha1', payload, 'base64')
    known.set(payload, digest)
    return digest
  }
}

/** A file comes from the disk, all of it at once. */
const isFile = (reply: FastifyReply): boolean =>
  /^(text\/(html|css|javascript)|application\/javascript|image\/)/.test(String(reply.getHeader('content-type')))

/** The id of the trace that a request belongs to (W3C Trace Context). */
export function traceOf(headers: IncomingHttpHeaders): string | undefined {
  const { traceparent } = headers
  return typeof traceparent === 'string' ? TRACE.exec(traceparent)?.[1] : undefined
}

/** RFC 8288: the same request with the cursor of the page after it. */
function linkNextPage({ url }: FastifyRequest, reply: FastifyReply): void {
  const cursor = reply.getHeader('x-next-cursor')
  if (cursor === undefined) return
  const [path = '', query] = url.split('?')
  const next = new URLSearchParams(query)
  next.set('cursor', String(cursor))
  reply.header('link', `<${path}?${next.toString()}>; rel="next"`)
}

/** Otherwise a shell prompt would follow on the same line. */
function withNewline({ headers }: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  const isText = typeof payload === 'string' || Buffer.isBuffer(payload)
  const isJson = /^application\/(problem\+)?json\b/.test(String(reply.getHeader('content-type')))
  if (!isText || !isJson || payload.length === 0 || !TERMINALS.test(headers['user-agent'] ?? '')) return payload
  reply.removeHeader('content-length')
  return typeof payload === 'string' ? `${payload}\n` : Buffer.concat([payload, Buffer.from('\n')])
}
