// The latest events in order, for readers that resume, and each new one for current readers.

import type { Caller } from '../access/caller.ts'
import { maySee, type Owner } from '../access/ownership.ts'
import { createChannel } from '../lib/channel.ts'
import { Ring } from '../lib/ring.ts'
import { createFilter, type EventFilter } from './filter.ts'
import type { EventType } from './types.ts'

type BerthEvent = { type: EventType; time: string; [fact: string]: unknown }
export type EventLog = ReturnType<typeof createEventLog>

const KEPT = 1_000
// A reader this far behind must read the lists again.
const QUEUE = 256

/** The subject of an event. */
type Subject = {
  /**
   * The owner: callers who may not see it do not get the event. Absent for events about the server, which are for
   * everybody.
   */
  owner?: Owner
  /** Of the container. */
  labels?: Record<string, string> | undefined
}
type Entry = { sequence: number; event: BerthEvent } & Subject
type Wanted = EventFilter & {
  /** Milliseconds since 1970: the available events after this time come first. */
  sinceMs?: number | undefined
}
/** An event, or the reason to read the lists again. */
export type Told = { id: string; event: BerthEvent } | { resync: string }

/** `epoch` names this run of the server: an id of another run cannot be resumed from. */
export function createEventLog({ epoch, now = Date.now }: { epoch: string; now?: () => number }) {
  const kept = new Ring<Entry>(KEPT)
  const live = createChannel<Entry>(QUEUE)
  let sequence = 0

  const told = ({ sequence: number, event }: Entry): Told => ({ id: `${epoch}-${number}`, event })

  /** Undefined if the id is from another run or too old, which leaves a gap. */
  function since(lastEventId: string): Entry[] | undefined {
    const [run, number] = lastEventId.split('-')
    const last = Number(number)
    const entries = [...kept]
    const oldest = entries[0]?.sequence ?? 1
    if (run !== epoch || !Number.isInteger(last) || last > sequence || last < oldest - 1) return undefined
    return entries.filter((entry) => entry.sequence > last)
  }

  function after(sinceMs: number | undefined): Entry[] {
    if (sinceMs === undefined) return []
    return [...kept].filter(({ event }) => Date.parse(event.time) >= sinceMs)
  }

  return {
    add(type: EventType, facts: Record<string, unknown>, subject: Subject = {}): void {
      const event = { type, time: new Date(now()).toISOString(), ...facts }
      const entry = { sequence: ++sequence, event, ...subject }
      kept.push(entry)
      live.push(entry)
    },

    stream(
      caller: Caller,
      lastEventId: string | undefined,
      signal: AbortSignal,
      { sinceMs, ...filter }: Wanted = {}
    ): AsyncGenerator<Told> {
      const fits = createFilter(filter)
      const isWanted = ({ event, owner, labels }: Entry) =>
        (owner === undefined || maySee(caller, owner)) && fits(event, labels)
      const coming = live.subscribe(signal)
      const missed = lastEventId === undefined ? after(sinceMs) : since(lastEventId)
      async function* read(): AsyncGenerator<Told> {
        if (missed === undefined) yield { resync: 'what happened since that id is no longer known' }
        else for (const entry of missed) if (isWanted(entry)) yield told(entry)
        for await (const entry of coming) {
          if ('missed' in entry)
            yield { resync: `${entry.missed} events were dropped because this reader was too slow` }
          else if (isWanted(entry)) yield told(entry)
        }
      }
      return read()
    }
  }
}

/** Tells a reader to read the lists again. */
export const resyncOf = (reason: string) => ({ reason, advice: 'read GET /containers and GET /ports again' })
