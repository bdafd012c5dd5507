// Converts the events of a Swarm to those of an engine. Swarm sends events about services and nodes but never about tasks, so
// Berth polls the tasks that should run. A service has changed if its tasks have.

import type { Readable } from 'node:stream'
import { createChannel } from './channel.ts'
import type { EngineEvent, EngineWatch } from '../contract/watch.ts'
import { createTopic } from '../../lib/topic.ts'
import { sleep } from '../../lib/sleep.ts'
import { brokenStream } from '../docker/broken-stream.ts'
import type { Calls } from '../docker/calls.ts'
import { readJsonLines } from '../docker/json-lines.ts'
import type { Availability } from './availability.ts'
import { containerIdOf } from './ids.ts'
import type { Keeper } from './keeper.ts'
import { looksOf } from './looks.ts'
import type { Reads } from './reads.ts'
import type { SeenNodes } from './seen-nodes.ts'
import type { SeenTasks } from './seen-tasks.ts'
import { readEvent, type RawEvent } from './schemas/events.ts'

/** Events about Berth's own changes. */
export type Tell = (action: string, id: string) => void

const WHAT = 'report events'
const TYPES = ['container', 'image', 'network', 'service', 'node']
const POLL_MS = 500
// A poll of many tasks leaves the manager nine tenths of its time, but news of a lost node must not wait for a minute.
const POLL_SHARE = 9
const LONGEST_PAUSE_MS = 10_000
const SERVICE_LABEL = 'com.docker.swarm.service.id'

type Options = {
  calls: Pick<Calls, 'watch'>
  reads: Reads
  availability: Pick<Availability, 'note'>
  keeper: Keeper
  seen: Pick<SeenNodes, 'take'>
  seenTasks: Pick<SeenTasks, 'take'>
}

export function createWatchCalls({
  calls,
  reads,
  availability,
  keeper,
  seen,
  seenTasks
}: Options): EngineWatch & { tell: Tell } {
  const own = createTopic<EngineEvent>()

  const eventOf = (action: string, id: string): EngineEvent => ({
    type: 'container',
    action,
    id,
    attributes: {},
    timeNano: Date.now() * 1e6
  })

  /** Continues until the manager no longer answers. */
  async function poll(tell: (serviceId: string) => void, signal: AbortSignal): Promise<void> {
    let before: ReadonlyMap<string, string> | undefined
    while (!signal.aborted) {
      const began = performance.now()
      const [tasks, nodes] = await availability.note(Promise.all([reads.wantedTasks(), reads.nodes.renew()]))
      seen.take(nodes.values())
      seenTasks.take(tasks)
      const now = looksOf(tasks, nodes)
      const changed = changesBetween(before, now)
      before = now
      for (const serviceId of changed) tell(serviceId)
      keeper.look(changed)
      const pause = POLL_SHARE * (performance.now() - began)
      await sleep(Math.min(Math.max(POLL_MS, pause), LONGEST_PAUSE_MS), signal)
    }
  }

  /** Reports events in tasks of this node at once. */
  function translate({ Type: type, Action: action, Actor: actor, timeNano }: RawEvent): EngineEvent | undefined {
    const attributes = actor.Attributes ?? {}
    if (type === 'container') {
      const serviceId = attributes[SERVICE_LABEL]
      return serviceId === undefined ? undefined : eventOf('update', containerIdOf(serviceId))
    }
    if (type === 'service') {
      const word = action === 'remove' ? 'destroy' : action
      return { type: 'container', action: word, id: containerIdOf(actor.ID), attributes: {}, timeNano }
    }
    if (type === 'image') reads.forgetImages()
    if (type === 'network') reads.forgetNetworks()
    // Events about a container on a network concern tasks.
    if (type === 'node' || attributes.container !== undefined) return undefined
    return { type, action, id: actor.ID, attributes, timeNano }
  }

  return {
    tell: (action, id) => own.tell(eventOf(action, id)),

    async events(since, given) {
      const life = new AbortController()
      const signal = AbortSignal.any([given, life.signal])
      const query = { filters: { type: TYPES }, ...(since && { since: (since / 1e9).toFixed(9) }) }
      const chunks = await calls.watch({ method: 'GET', path: '/events', query, what: WHAT, signal })
      const channel = createChannel<EngineEvent>()
      const stop = own.on(channel.push)
      const ends = [
        poll((serviceId) => channel.push(eventOf('update', containerIdOf(serviceId))), signal),
        read(chunks, (event) => {
          const translated = translate(event)
          if (translated) channel.push(translated)
        })
      ]
      for (const end of ends) end.then(() => channel.end(), channel.fail)
      return (async function* () {
        try {
          yield* channel.items
        } finally {
          stop()
          life.abort()
          chunks.destroy()
        }
      })()
    }
  }
}

async function read(chunks: Readable, take: (event: RawEvent) => void): Promise<void> {
  try {
    for await (const event of readJsonLines(chunks, readEvent)) take(event)
  } catch (error) {
    throw brokenStream(error, { what: WHAT, isChange: false })
  }
}

/** The first poll reports no change. */
function changesBetween(before: ReadonlyMap<string, string> | undefined, now: ReadonlyMap<string, string>): string[] {
  if (!before) return []
  const ids = new Set([...before.keys(), ...now.keys()])
  return [...ids].filter((id) => before.get(id) !== now.get(id))
}
