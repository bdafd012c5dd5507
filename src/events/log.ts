// What happened, in order: the last events, for whoever asks again, and each new one for whoever listens.

import type { StreamEvent } from '../http/streams.ts'
import { createChannel } from '../lib/channel.ts'
import { Ring } from '../lib/ring.ts'

type BerthEvent = { type: string; time: string; [fact: string]: unknown }
export type EventLog = ReturnType<typeof createEventLog>

const KEPT = 1_000
// A reader this far behind is told to read the lists again.
const QUEUE = 256

type Entry = { sequence: number; event: BerthEvent; text: string }

/** `epoch` names this run of the server: an id of another run cannot be resumed from. */
export function createEventLog({ epoch, now = Date.now }: { epoch: string; now?: () => number }) {
  const kept = new Ring<Entry>(KEPT)
  const live = createChannel<Entry>(QUEUE)
  let sequence = 0

  function message({ sequence: number, event, text }: Entry): StreamEvent {
    return { id: `${epoch}-${number}`, event: event.type, text }
  }

  /** Undefined when the id is not one of this run, or too long ago: then there is a gap that nothing can fill. */
  function since(lastEventId: string): Entry[] | undefined {
    const [run, number] = lastEventId.split('-')
    const last = Number(number)
    const entries = [...kept]
    const oldest = entries[0]?.sequence ?? 1
    if (run !== epoch || !Number.isInteger(last) || last > sequence || last < oldest - 1) return undefined
    return entries.filter((entry) => entry.sequence > last)
  }

  return {
    add(type: string, facts: Record<string, unknown>): void {
      const event = { type, time: new Date(now()).toISOString(), ...facts }
      const entry = { sequence: ++sequence, event, text: JSON.stringify(event) }
      kept.push(entry)
      live.push(entry)
    },

    async *stream(lastEventId: string | undefined, signal: AbortSignal): AsyncGenerator<StreamEvent> {
      const coming = live.subscribe(signal)
      const missed = lastEventId === undefined ? [] : since(lastEventId)
      if (missed === undefined) yield resync('what happened since that id is no longer known')
      else for (const entry of missed) yield message(entry)
      for await (const entry of coming) {
        if ('missed' in entry) yield resync(`${entry.missed} events were dropped because this reader was too slow`)
        else yield message(entry)
      }
    }
  }
}

function resync(reason: string): StreamEvent {
  return { event: 'resync', data: { reason, advice: 'read GET /containers and GET /ports again' } }
}
