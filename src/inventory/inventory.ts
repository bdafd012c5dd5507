// All containers of the engine, in memory. Every other part reads them here, so nothing here knows any of those parts.

import { setMaxListeners } from 'node:events'
import type { EngineAvailability } from '../engine/contract/availability.ts'
import type { EngineContainers } from '../engine/contract/containers.ts'
import type { EngineWatch } from '../engine/contract/watch.ts'
import { createBus } from './bus.ts'
import { createReader, type Log } from './reader.ts'
import { createReadiness } from './readiness.ts'
import { createRecords } from './records.ts'
import { TURN_MS } from './turns.ts'
import { watch } from './watch.ts'

export type Inventory = ReturnType<typeof createInventory>

type Options = {
  engine: Pick<EngineContainers, 'listContainers' | 'inspectContainer'> &
    EngineWatch &
    Pick<EngineAvailability, 'status' | 'whenAvailable'>
  log: Log
  relistMs?: number
  turnMs?: number
  /** Monotonic milliseconds. */
  now?: (() => number) | undefined
}

const RELIST_MS = 10_000

export function createInventory({
  engine,
  log,
  relistMs = RELIST_MS,
  turnMs = TURN_MS,
  now = () => performance.now()
}: Options) {
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  const bus = createBus()
  const records = createRecords(bus.changes, now)
  const reader = createReader({ engine, records, stopping: stopping.signal, log, now })
  const readiness = createReadiness({ engine, syncs: bus.syncs, now })

  return {
    start(): void {
      void watch({ engine, records, reader, readiness, bus, stopping: stopping.signal, log, relistMs, turnMs, now })
    },
    stop(): void {
      stopping.abort()
    },

    all: records.all,
    get: records.get,
    find: records.find,
    version: records.version,
    presence: records.presence,
    hasUnread: records.hasUnread,

    refresh: reader.refresh,
    holding: reader.holding,
    /** Call this when the engine has reported the removal of the container. */
    removed: records.drop,

    /** Age of the records, of all containers or the named one. Null if they are up to date. */
    staleMs(id?: string): number | null {
      return readiness.staleMs() ?? (id === undefined ? null : records.staleMs(id))
    },
    unreadMs: records.unreadMs,
    whenReady: readiness.whenReady,
    whenKnown: readiness.whenKnown,

    onChange: bus.changes.on,
    onSync: bus.syncs.on,
    onImages: bus.images.on,
    onNetworks: bus.networks.on
  }
}
