// Streams of events. They resume after a lost connection, and pause in a hidden tab.

import { createParser, type Message } from '../../../client/sse.ts'
import type { Problem, TransferProgress } from '../../../client/api.ts'
import { problemFrom, Refused, send } from './client.ts'

export type Handlers = {
  onMessage: (name: string, data: unknown, id: string | undefined) => void
  onOpen?: () => void
  onLost?: () => void
  /** It has ended, or is not available. */
  onEnd?: (why: { reason: string } | { problem: Problem }) => void
}

const FIRST_MS = 500
const LONGEST_MS = 10_000
/** The reason in the `end` event of a server that stops and may return. */
const GOING = 'the server is stopping'

export function follow(url: string, handlers: Handlers): () => void {
  let connection: AbortController | undefined
  let isOver = false
  let lastId: string | undefined
  let tries = 0

  /** Whether it has ended. */
  async function read(signal: AbortSignal): Promise<boolean> {
    const headers = new Headers({ accept: 'text/event-stream' })
    if (lastId !== undefined) headers.set('last-event-id', lastId)
    const answer = await send(url, { headers, signal })
    tries = 0
    handlers.onOpen?.()
    let ended = false
    await readEvents(answer, ({ id, event, data }) => {
      if (id !== undefined) lastId = id
      const value = JSON.parse(data) as { reason?: string }
      if (event === 'end') {
        ended = value.reason !== GOING
        if (ended) handlers.onEnd?.({ reason: value.reason ?? '' })
      } else handlers.onMessage(event, value, id)
    })
    return ended
  }

  async function run(): Promise<void> {
    while (!isOver && !document.hidden) {
      connection = new AbortController()
      const { signal } = connection
      try {
        isOver = await read(signal)
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof Refused && error.problem.status > 0 && error.problem.status < 500) {
          isOver = true
          return handlers.onEnd?.({ problem: problemFrom(error) })
        }
      }
      if (isOver) return
      handlers.onLost?.()
      const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** tries++)
      await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)))
      if (signal.aborted) return
    }
  }

  const onVisibility = () => {
    connection?.abort()
    if (!document.hidden) void run()
  }
  document.addEventListener('visibilitychange', onVisibility)
  void run()
  return () => {
    isOver = true
    document.removeEventListener('visibilitychange', onVisibility)
    connection?.abort()
  }
}

type Transfer = { body: unknown; idempotencyKey?: string; onProgress: (progress: TransferProgress) => void }

/**
 * Runs an operation with progress, and returns its result. It continues in a hidden tab, since a disconnect would stop
 * it.
 */
export async function transfer<T>(url: string, { body, idempotencyKey, onProgress }: Transfer): Promise<T> {
  const headers = new Headers({ accept: 'text/event-stream', 'content-type': 'application/json' })
  if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey)
  const answer = await send(url, { method: 'POST', headers, body: JSON.stringify(body) })
  let result: T | undefined
  let end: { reason: string; code?: string } = { reason: 'The connection was lost before the answer.' }
  await readEvents(answer, ({ event, data }) => {
    const value: unknown = JSON.parse(data)
    if (event === 'progress') onProgress(value as TransferProgress)
    else if (event === 'result') result = value as T
    else if (event === 'end') end = value as typeof end
  }).catch(() => {})
  if (result !== undefined) return result
  const { reason: detail, code = 'SERVER_UNREACHABLE' } = end
  const type = end.code === undefined ? '' : `/docs/errors#${code.toLowerCase()}`
  throw new Refused({ type, title: 'The operation failed', status: 0, detail, code, retryable: true, request_id: '' })
}

async function readEvents({ body }: Response, onMessage: (message: Message) => void): Promise<void> {
  const parse = createParser(onMessage)
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) parse(piece.value)
}
