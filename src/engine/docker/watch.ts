// The engine's events.

import type { Readable } from 'node:stream'
import { readLines } from '../../lib/lines.ts'
import type { EngineEvent, EngineWatch } from '../contract/watch.ts'
import type { Calls } from './calls.ts'

const EVENTS = ['create', 'start', 'die', 'destroy', 'rename', 'update', 'pause', 'unpause', 'oom', 'health_status']
const IMAGE_EVENTS = ['tag', 'untag', 'delete', 'pull', 'load', 'import']
const NETWORK_EVENTS = ['connect', 'disconnect', 'remove']

export function createWatchCalls({ watch }: Pick<Calls, 'watch'>): EngineWatch {
  return {
    async events(since, signal) {
      const chunks = await watch({
        method: 'GET',
        path: '/events',
        query: {
          filters: { type: ['container', 'image', 'network'], event: [...EVENTS, ...IMAGE_EVENTS, ...NETWORK_EVENTS] },
          ...(since && { since: (since / 1e9).toFixed(9) })
        },
        what: 'report events',
        signal
      })
      return readEvents(chunks)
    }
  }
}

async function* readEvents(chunks: Readable): AsyncGenerator<EngineEvent> {
  type Raw = {
    Type: EngineEvent['type']
    Action: string
    Actor: { ID: string; Attributes?: Record<string, string> }
    timeNano: number
  }
  try {
    for await (const line of readLines(chunks)) {
      if (line.trim() === '') continue
      const event = JSON.parse(line) as Raw
      yield {
        type: event.Type,
        action: event.Action,
        id: event.Actor.ID,
        attributes: event.Actor.Attributes ?? {},
        timeNano: event.timeNano
      }
    }
  } finally {
    chunks.destroy()
  }
}
