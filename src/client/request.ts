// One call as an HTTP request: the place of each value. Pure.

import { CALLS, type Calls } from './api.ts'
import { isWhole, multipart } from './multipart.ts'

export type Body = NonNullable<RequestInit['body']> | AsyncIterable<Uint8Array>
export type Bytes = Blob | Uint8Array | AsyncIterable<Uint8Array> | string
export type HttpRequest = {
  method: string
  path: string
  headers: Record<string, string>
  /** Created again for each attempt; undefined if it can be read only once. */
  body: (() => Body) | undefined
  isReplayable: boolean
}

type Value = string | number | boolean
type Given = { body?: unknown; form?: Record<string, unknown> }

export function requestOf<K extends keyof Calls>(
  name: K,
  given: Calls[K]['given'] | undefined,
  bytes?: Bytes
): HttpRequest {
  const [method = 'GET', template = ''] = CALLS[name].split(' ')
  const { body, form, ...rest } = (given ?? {}) as Given
  const values: Record<string, Value | Value[] | undefined> = rest
  const query = new URLSearchParams()
  let path = template
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue
    if (!Array.isArray(value) && path.includes(`{${key}}`)) path = path.replace(`{${key}}`, encodeURIComponent(value))
    else for (const each of [value].flat()) query.append(key, String(each))
  }
  return { method, path: query.size > 0 ? `${path}?${query}` : path, ...contentOf({ body, form, bytes }) }
}

type Content = Pick<HttpRequest, 'headers' | 'body' | 'isReplayable'>

function contentOf({
  body,
  form,
  bytes
}: {
  body?: unknown
  form?: Given['form']
  bytes?: Bytes | undefined
}): Content {
  if (form) {
    const { type, content, isReplayable } = multipart(form)
    return { headers: { 'content-type': type }, body: content, isReplayable }
  }
  if (bytes !== undefined)
    return {
      headers: { 'content-type': 'application/octet-stream' },
      body: () => bytes as Body,
      isReplayable: isWhole(bytes)
    }
  if (body === undefined) return { headers: {}, body: undefined, isReplayable: true }
  return { headers: { 'content-type': 'application/json' }, body: () => JSON.stringify(body), isReplayable: true }
}
