// Follows a stream of events: again after a loss, from where it was, and only while somebody looks.

import { createParser, type Message } from '../lib/sse.ts'
import type { Problem } from '../gen/api.ts'
import { problemFrom, Refused, send } from './client.ts'

export type Handlers = {
  onMessage: (name: string, data: unknown, id: string | undefined) => void
  onOpen?: () => void
  onLost?: () => void
  /** It has come to its end, or cannot be had. */
  onEnd?: (why: { reason: string } | { problem: Problem }) => void
}

const FIRST_MS = 500
const LONGEST_MS = 10_000
/** The last words of a server that goes, and comes back. */
const GOING = 'the server is stopping'

export function follow(url: string, handlers: Handlers, init: RequestInit = {}): () => void {
  let connection: AbortController | undefined
  let isOver = false
  let lastId: string | undefined
  let tries = 0

  /** Whether it has come to its end. */
  async function read(signal: AbortSignal): Promise<boolean> {
    const headers = new Headers(init.headers)
    headers.set('accept', 'text/event-stream')
    if (lastId !== undefined) headers.set('last-event-id', lastId)
    const answer = await send(url, { ...init, headers, signal })
    tries = 0
    handlers.onOpen?.()
    let ended = false
    const parse = createParser(({ id, event, data }: Message) => {
      if (id !== undefined) lastId = id
      const value = JSON.parse(data) as { reason?: string }
      if (event === 'end') {
        ended = value.reason !== GOING
        if (ended) handlers.onEnd?.({ reason: value.reason ?? '' })
      } else handlers.onMessage(event, value, id)
    })
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) parse(piece.value)
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
