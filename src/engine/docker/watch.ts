// The engine's events.

import type { Readable } from 'node:stream'
import type { EngineEvent, EngineWatch } from '../contract/watch.ts'
import { brokenStream } from './broken-stream.ts'
import type { Calls } from './calls.ts'
import { readJsonLines } from './json-lines.ts'
import { readEvent } from './schemas/streams.ts'

const WHAT = 'report events'
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
        what: WHAT,
        signal
      })
      return readEvents(chunks)
    }
  }
}

async function* readEvents(chunks: Readable): AsyncGenerator<EngineEvent> {
  try {
    for await (const event of readJsonLines(chunks, readEvent)) {
      // Podman names the removal of a container like that of a network.
      const isEnd = event.Type === 'container' && event.Action === 'remove'
      yield {
        type: event.Type,
        action: isEnd ? 'destroy' : event.Action,
        id: event.Actor.ID,
        attributes: event.Actor.Attributes ?? {},
        timeNano: event.timeNano
      }
    }
  } catch (error) {
    throw brokenStream(error, { what: WHAT, isChange: false })
  } finally {
    chunks.destroy()
  }
}
