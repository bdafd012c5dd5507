// Reads server-sent events from a listening server.

import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { until } from './until.ts'

export type SentEvent = { id?: string; event?: string; data: unknown }

const addresses = new WeakMap<FastifyInstance, Promise<string>>()

/** Opens a stream; it is closed with the test. */
export async function openEvents(t: Test, app: FastifyInstance, path: string, headers: Record<string, string> = {}) {
  const listening = addresses.get(app) ?? app.listen({ host: '127.0.0.1', port: 0 })
  addresses.set(app, listening)
  await listening
  const { port } = app.server.address() as AddressInfo
  const events: SentEvent[] = []
  const state = { ended: false }
  const request = http.get({
    host: '127.0.0.1',
    port,
    path,
    headers: { accept: 'text/event-stream', ...headers },
    agent: false
  })
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', reject)
  })
  request.on('error', () => {})
  t.teardown(() => request.destroy())
  let rest = ''
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    rest += chunk
    const blocks = rest.split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) if (!block.startsWith(':')) events.push(parse(block))
  })
  answer.on('close', () => (state.ended = true))
  answer.on('error', () => {})
  return {
    status: answer.statusCode,
    headers: answer.headers,
    events,
    /** The first `count` events. */
    async first(count: number): Promise<SentEvent[]> {
      await until(() => events.length >= count)
      return events.slice(0, count)
    },
    /** All events, once the stream has ended. */
    async all(): Promise<SentEvent[]> {
      await until(() => state.ended)
      return events
    },
    close: () => request.destroy()
  }
}

function parse(block: string): SentEvent {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)]
    })
  ) as { id?: string; event?: string; data: string }
  return { ...fields, data: JSON.parse(fields.data) }
}
