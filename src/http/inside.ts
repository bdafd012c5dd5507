// A request of the server to itself on behalf of a caller: with the same token, host and address, so it passes every
// check of an outside request. Headers that hooks remove from a request are still in its raw ones.

import type { FastifyInstance, FastifyRequest } from 'fastify'

type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** The headers that identify the caller and its origin. */
const CARRIED = ['authorization', 'host', 'origin', 'sec-fetch-site']
const WITHOUT_BODY = new Set([204, 304])

/** Works as `fetch` does, for the routes of this server. */
export function fetchInside(app: FastifyInstance, { raw, ip }: FastifyRequest): Fetch {
  const carried: Record<string, string> = {}
  for (let at = 0; at < raw.rawHeaders.length; at += 2) {
    const name = (raw.rawHeaders[at] ?? '').toLowerCase()
    if (CARRIED.includes(name)) carried[name] = raw.rawHeaders[at + 1] ?? ''
  }
  return async (url, { method = 'GET', headers, body, signal }) => {
    const { pathname, search } = new URL(url)
    const answer = await app.inject({
      method: method as 'GET',
      url: pathname + search,
      headers: { ...(headers as Record<string, string>), ...carried },
      ...(ip && { remoteAddress: ip }),
      ...(signal && { signal }),
      ...(body !== undefined && body !== null && { payload: await bytesOf(body) })
    })
    const given = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value].flat().map((each): [string, string] => [name, String(each)])
    )
    const content = WITHOUT_BODY.has(answer.statusCode) ? null : new Uint8Array(answer.rawPayload)
    return new Response(content, { status: answer.statusCode, headers: given })
  }
}

async function bytesOf(body: NonNullable<RequestInit['body']>): Promise<Buffer> {
  return Buffer.from(await new Response(body).arrayBuffer())
}
