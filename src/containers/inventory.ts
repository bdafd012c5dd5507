// All containers of the engine, in memory, by list-and-watch: subscribe to events, then list, then inspect what changed.
// The event stream is lossy, so the list is taken again every ten seconds and after every gap. Reads come from here.

import { setMaxListeners } from 'node:events'
import type { EngineAvailability } from '../engine/contract/availability.ts'
import type { ContainerRecord, ContainerSummary, EngineContainers } from '../engine/contract/containers.ts'
import type { EngineEvent, EngineWatch } from '../engine/contract/watch.ts'
import { LABELS } from '../engine/labels.ts'
import { AppError, isAppError } from '../errors.ts'
import { createSemaphore } from '../lib/semaphore.ts'
import { sleep } from '../lib/sleep.ts'

export type Change = { id: string; before: ContainerRecord | undefined; after: ContainerRecord | undefined }
export type Inventory = ReturnType<typeof createInventory>

type Log = { debug(fields: object, message: string): void; warn(fields: object, message: string): void }
type Options = {
  engine: Pick<EngineContainers, 'listContainers' | 'inspectContainer'> &
    EngineWatch &
    Pick<EngineAvailability, 'status' | 'whenAvailable'>
  log: Log
  relistMs?: number
}

const RELIST_MS = 10_000
const RETRY_MS = 500
// Events of one change come in a flock (create, start, …) and often the change's own inspect answers them all.
const SETTLE_MS = 40
const PARALLEL_INSPECTS = 8
const FIRST_READ_MS = 10_000
const LOOK_MS = 5_000
// Longer than any answer about a container can be under way.
const REMEMBER_GONE_MS = 60_000

export function createInventory({ engine, log, relistMs = RELIST_MS }: Options) {
  const records = new Map<string, ContainerRecord>()
  const readAt = new Map<string, number>()
  const goneAt = new Map<string, number>()
  const aliases = new Map<string, string>()
  const dirty = new Map<string, number>()
  const held = new Set<string>()
  const watchers = new Set<(change: Change) => void>()
  const syncWatchers = new Set<() => void>()
  const imageWatchers = new Set<() => void>()
  const networkWatchers = new Set<(event: EngineEvent) => void>()
  const inTurn = createSemaphore(PARALLEL_INSPECTS)
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  let inSync = false
  let version = 0
  let knownAt: number | undefined

  function put(record: ContainerRecord, asked: number): void {
    // A slower, older answer must not undo a newer one, nor bring back what was removed meanwhile.
    if (asked < (readAt.get(record.id) ?? goneAt.get(record.id) ?? 0)) return
    const before = records.get(record.id)
    readAt.set(record.id, asked)
    records.set(record.id, record)
    takeAliases(record)
    notify({ id: record.id, before, after: record })
  }

  function drop(id: string): void {
    goneAt.set(id, performance.now())
    const before = records.get(id)
    if (!before) return
    records.delete(id)
    readAt.delete(id)
    const freed = [...aliases].filter(([, target]) => target === id)
    for (const [alias] of freed) aliases.delete(alias)
    if (freed.length > 0) for (const record of records.values()) takeAliases(record)
    notify({ id, before, after: undefined })
  }

  /** While the container that a newcomer is to replace is there, that is the whole one. */
  function takeAliases(record: ContainerRecord): void {
    const replaced = replacedBy(record)
    for (const alias of replaced) {
      const holder = records.get(aliases.get(alias) ?? '')
      if (!holder || replacedBy(holder).length >= replaced.length) aliases.set(alias, record.id)
    }
  }

  function notify(change: Change): void {
    version++
    for (const watcher of watchers) watcher(change)
  }

  /** Asks the engine about one container and remembers the answer. Undefined when it is gone. */
  async function refresh(id: string, signal?: AbortSignal): Promise<ContainerRecord | undefined> {
    const asked = performance.now()
    try {
      const record = await engine.inspectContainer(id, signal)
      put(record, asked)
      return record
    } catch (error) {
      if (!isAppError(error, 'CONTAINER_NOT_FOUND')) throw error
      drop(id)
      return undefined
    }
  }

  function markDirty(id: string, noticed = performance.now()): void {
    const isPlanned = dirty.has(id)
    dirty.set(id, noticed)
    if (!isPlanned) setTimeout(() => settle(id), SETTLE_MS).unref()
  }

  function settle(id: string): void {
    const noticed = dirty.get(id)
    dirty.delete(id)
    if (noticed === undefined || stopping.signal.aborted || (readAt.get(id) ?? 0) > noticed) return
    if (held.has(id)) return markDirty(id, noticed)
    inTurn(() => refresh(id, stopping.signal)).catch((error: unknown) => {
      log.debug({ err: error, containerId: id }, 'container could not be read again')
    })
  }

  function onEvent(event: EngineEvent): void {
    if (event.type === 'image') {
      for (const watcher of imageWatchers) watcher()
    } else if (event.type === 'network') {
      const { container } = event.attributes
      if (container !== undefined) markDirty(container)
      else for (const watcher of networkWatchers) watcher(event)
    } else if (event.action === 'destroy') {
      dirty.delete(event.id)
      drop(event.id)
    } else {
      markDirty(event.id)
    }
  }

  /** Compares with the engine's list; reads again what differs from it, or everything. */
  async function relist(everything: boolean): Promise<void> {
    const asked = performance.now()
    for (const [id, gone] of goneAt) if (asked - gone > REMEMBER_GONE_MS) goneAt.delete(id)
    const listed = await engine.listContainers()
    const present = new Set(listed.map(({ id }) => id))
    for (const id of records.keys()) if (!present.has(id) && (readAt.get(id) ?? 0) < asked) drop(id)
    const stale = everything ? listed : listed.filter(differs)
    await Promise.all(stale.map(({ id }) => inTurn(() => look(id))))
    // There is no list of images to compare with: what was kept of them is read again when it is needed.
    for (const watcher of imageWatchers) watcher()
    knownAt = Date.now()
  }

  /** One container that the engine cannot describe must not hide the others; it is looked at again with the next list. */
  async function look(id: string): Promise<void> {
    try {
      await refresh(id, AbortSignal.any([stopping.signal, AbortSignal.timeout(LOOK_MS)]))
    } catch (error) {
      if (stopping.signal.aborted || isAppError(error, 'ENGINE_UNAVAILABLE')) throw error
      log.warn({ err: error, containerId: id }, 'container could not be read')
    }
  }

  function differs(row: ContainerSummary): boolean {
    const known = records.get(row.id)
    return !known || known.state !== row.state || known.name !== row.name || known.health !== row.health
  }

  /** One life of the event stream: subscribe, list, follow until it ends. */
  async function follow(): Promise<void> {
    const life = new AbortController()
    const signal = AbortSignal.any([life.signal, stopping.signal])
    try {
      const events = await engine.events(undefined, signal)
      const reading = (async () => {
        for await (const event of events) onEvent(event)
      })()
      reading.catch(() => {})
      // A container can have changed between two lives without its row in the list showing it.
      await relist(true)
      inSync = true
      for (const watcher of syncWatchers) watcher()
      const relisting = (async () => {
        while (!signal.aborted) {
          await sleep(relistMs, signal)
          if (!signal.aborted) await relist(false)
        }
      })()
      await Promise.race([reading, relisting])
    } finally {
      inSync = false
      life.abort()
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await engine.whenAvailable(stopping.signal)
        await follow()
      } catch (error) {
        if (stopping.signal.aborted) return
        log.debug({ err: error }, 'inventory lost the engine')
      }
      await sleep(RETRY_MS, stopping.signal)
    }
  }

  /** Before the first reading nothing can be said about any container; it takes a moment. */
  async function whenKnown(): Promise<void> {
    if (knownAt !== undefined) return
    if (!engine.status().available) throw unavailable()
    await new Promise<void>((resolve, reject) => {
      const known = () => {
        clearTimeout(limit)
        syncWatchers.delete(known)
        resolve()
      }
      const limit = setTimeout(() => {
        syncWatchers.delete(known)
        reject(unavailable())
      }, FIRST_READ_MS)
      syncWatchers.add(known)
    })
  }

  function unavailable(): AppError {
    const status = engine.status()
    const reason = status.available ? 'Berth is still reading its containers' : status.reason
    return new AppError('ENGINE_UNAVAILABLE', `The Docker engine does not answer (${reason}). Berth keeps trying.`)
  }

  return {
    start(): void {
      void run()
    },

    stop(): void {
      stopping.abort()
    },

    refresh,

    /**
     * While a change of ours is under way its events are not answered by looking: the engine would let the look wait for the
     * change, and the change ends with a look of its own.
     */
    async holding<T>(id: string, change: () => Promise<T>): Promise<T> {
      held.add(id)
      try {
        return await change()
      } finally {
        held.delete(id)
      }
    },

    /** To be called when the engine said that it removed the container. */
    removed: drop,

    /** Another number for every change: what was made of all records under the same number still holds. */
    version: (): number => version,
    all: (): IterableIterator<ContainerRecord> => records.values(),
    get: (id: string): ContainerRecord | undefined => records.get(id),

    /** By full id, name, short id, unique beginning of an id, or the id of a container that this one replaced. */
    find(reference: string): ContainerRecord {
      const exact = records.get(reference) ?? records.get(aliases.get(reference) ?? '')
      if (exact) return exact
      const found = new Map<string, ContainerRecord>()
      const looksLikeId = /^[0-9a-f]{4,64}$/.test(reference)
      for (const record of records.values()) {
        if (record.name === reference) return record
        if (looksLikeId && record.id.startsWith(reference)) found.set(record.id, record)
      }
      for (const [alias, id] of aliases) {
        const record = records.get(id)
        if (looksLikeId && record && !records.has(alias) && alias.startsWith(reference)) found.set(id, record)
      }
      const [first, second] = found.values()
      if (second) {
        throw new AppError('CONTAINER_AMBIGUOUS', `${found.size} containers have an id that begins with ${reference}.`)
      }
      if (!first) throw new AppError('CONTAINER_NOT_FOUND', `There is no container with the id or name "${reference}".`)
      return first
    },

    /** How old the knowledge is, when the engine cannot be watched just now. Null when it is up to date. */
    staleMs(): number | null {
      if (inSync && engine.status().available) return null
      return knownAt === undefined ? 0 : Date.now() - knownAt
    },

    /** Changes need an engine that answers. */
    async whenReady(): Promise<void> {
      if (!engine.status().available) throw unavailable()
      await whenKnown()
    },

    whenKnown,

    onChange(watcher: (change: Change) => void): () => void {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    /** After every full reading: at the start and whenever the engine came back. */
    onSync(watcher: () => void): void {
      syncWatchers.add(watcher)
    },
    onImages(watcher: () => void): void {
      imageWatchers.add(watcher)
    },
    onNetworks(watcher: (event: EngineEvent) => void): void {
      networkWatchers.add(watcher)
    }
  }
}

/** The ids that it took the place of, newest first. */
function replacedBy({ labels }: ContainerRecord): string[] {
  return labels[LABELS.replaces]?.split(',') ?? []
}
