// `fetch` over a Unix socket, which Node's own does not support.

import http, { type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const WITHOUT_BODY = new Set([204, 304])

export async function fetchOverSocket(socketPath: string, url: string, init: RequestInit): Promise<Response> {
  const { method = 'GET', headers, body, signal } = init
  const { pathname, search } = new URL(url)
  const request = http.request({
    socketPath,
    path: pathname + search,
    method,
    headers: { host: 'localhost', ...(headers as Record<string, string>) },
    ...(signal && { signal })
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
  const sent = send(request, body)
  // An answer before the end of the request is final.
  const answer = await Promise.race([answered, sent.then(() => answered)])
  sent.catch(() => {})
  const status = answer.statusCode ?? 500
  const content = WITHOUT_BODY.has(status) ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>)
  return new Response(content, { status, headers: headersOf(answer) })
}

async function send(request: http.ClientRequest, body: RequestInit['body']): Promise<void> {
  if (body === undefined || body === null) request.end()
  else if (typeof body === 'string' || body instanceof Uint8Array) {
    request.setHeader('content-length', Buffer.byteLength(body))
    request.end(body)
  } else if (body instanceof Blob) {
    request.setHeader('content-length', body.size)
    await pipeline(Readable.fromWeb(body.stream() as never), request)
  } else await pipeline(Readable.fromWeb(body as never), request)
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  return headers
}
