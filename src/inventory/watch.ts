// List and watch: subscribe to events, then list, then inspect changed containers. The event stream is lossy, so the list is
// read again every ten seconds and after every gap. Fields that no list shows are read again in turn.

import type { EngineAvailability } from '../engine/contract/availability.ts'
import type { ContainerSummary, EngineContainers } from '../engine/contract/containers.ts'
import type { EngineEvent, EngineWatch } from '../engine/contract/watch.ts'
import { sleep } from '../lib/sleep.ts'
import type { Bus } from './bus.ts'
import type { Log, Reader } from './reader.ts'
import type { Readiness } from './readiness.ts'
import type { Records } from './records.ts'
import { createTurns } from './turns.ts'

type Options = {
  engine: Pick<EngineContainers, 'listContainers'> & EngineWatch & Pick<EngineAvailability, 'whenAvailable'>
  records: Records
  reader: Reader
  readiness: Readiness
  bus: Bus
  stopping: AbortSignal
  log: Log
  relistMs: number
  turnMs: number
  now: () => number
}

const RETRY_MS = 500

/** Runs until it is stopped. */
export async function watch({
  engine,
  records,
  reader,
  readiness,
  bus,
  stopping,
  log,
  relistMs,
  turnMs,
  now
}: Options): Promise<void> {
  function onEvent(event: EngineEvent): void {
    if (event.type === 'image') {
      bus.images.tell()
    } else if (event.type === 'network') {
      const { container } = event.attributes
      if (container !== undefined) reader.markDirty(container)
      else bus.networks.tell(event)
    } else if (event.action === 'destroy') {
      reader.removed(event.id)
    } else {
      reader.markDirty(event.id)
    }
  }

  function differs(row: ContainerSummary): boolean {
    const known = records.get(row.id)
    return !known || known.state !== row.state || known.name !== row.name || known.health !== row.health
  }

  /** Compares with the engine's list, and reads the differing containers again, or all. */
  async function relist(everything: boolean): Promise<void> {
    const asked = now()
    records.forgetGone()
    const listed = await engine.listContainers()
    const present = new Set(listed.map(({ id }) => id))
    for (const id of records.ids()) if (!present.has(id) && records.readAt(id) < asked) records.drop(id)
    const stale = everything ? listed : listed.filter(differs)
    await reader.lookAtAll(stale.map(({ id }) => id))
    // There is no list of images to compare with: cached images are read again when they are needed.
    bus.images.tell()
    readiness.known()
  }

  async function rereadInTurn(signal: AbortSignal): Promise<void> {
    const turns = createTurns()
    let last = now()
    while (!signal.aborted) {
      await sleep(turnMs, signal)
      if (signal.aborted) return
      const turn = now()
      const due = turns.next(records.readings(), turn, turn - last)
      last = turn
      await reader.lookInTurn(due)
    }
  }

  /** One life of the event stream: subscribe, list, follow until it ends. */
  async function follow(): Promise<void> {
    const life = new AbortController()
    const signal = AbortSignal.any([life.signal, stopping])
    try {
      const events = await engine.events(undefined, signal)
      const reading = (async () => {
        for await (const event of events) onEvent(event)
      })()
      reading.catch(() => {})
      // A container can have changed between two lives without its row in the list showing it.
      await relist(true)
      readiness.inStep(true)
      bus.syncs.tell()
      const relisting = (async () => {
        while (!signal.aborted) {
          await sleep(relistMs, signal)
          if (!signal.aborted) await relist(false)
        }
      })()
      await Promise.race([reading, relisting, rereadInTurn(signal)])
    } finally {
      readiness.inStep(false)
      life.abort()
    }
  }

  while (!stopping.aborted) {
    try {
      await engine.whenAvailable(stopping)
      await follow()
    } catch (error) {
      if (stopping.aborted) return
      log.debug({ err: error }, 'inventory lost the engine')
    }
    await sleep(RETRY_MS, stopping)
  }
}
