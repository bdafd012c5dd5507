// Reads server-sent events as a client does.

import http from 'node:http'

export type ServerEvent = { id?: string; event?: string; data: Record<string, unknown> }

/** The events of a stream, up to its end or the given number. */
export function readEvents(
  url: string,
  {
    lastEventId,
    most = Infinity,
    onEvent
  }: { lastEventId?: string | undefined; most?: number; onEvent?: (event: ServerEvent) => void } = {}
): Promise<ServerEvent[]> {
  const headers = { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) }
  return new Promise((resolve, reject) => {
    const events: ServerEvent[] = []
    let hasBegun = false
    const request = http.get(url, { headers, agent: false }, (answer) => {
      hasBegun = true
      let rest = ''
      answer.setEncoding('utf8').on('data', (piece: string) => {
        const blocks = (rest + piece).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const event of blocks.flatMap(parseEvent)) {
          if (events.length >= most) break
          events.push(event)
          onEvent?.(event)
        }
        if (events.length >= most) request.destroy()
      })
      answer.on('close', () => resolve(events)).on('error', () => {})
    })
    request.on('error', (error) => (hasBegun ? resolve(events) : reject(error)))
  })
}

function parseEvent(block: string): ServerEvent[] {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  const [id, event, data] = [field('id'), field('event'), field('data')]
  if (data === undefined) return []
  return [{ ...(id && { id }), ...(event && { event }), data: JSON.parse(data) as ServerEvent['data'] }]
}
