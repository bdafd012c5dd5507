// Containers with an end date. The store knows the date, so it holds across restarts and can be renewed; the sweep goes by
// the dates and not by timers of its own, so a container whose time came while the server was down goes at the next look.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { Inventory } from '../inventory/inventory.ts'

type ExpiryTable = {
  get(id: string): number | null | undefined
  set(id: string, expiresAt: number | null): void
  remove(id: string): void
  ids(): string[]
}
type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void }

const SWEEP_MS = 1_000

export type Expiry = ReturnType<typeof createExpiry>

export function createExpiry({
  inventory,
  table,
  instanceId,
  remove,
  log,
  now = Date.now
}: {
  inventory: Inventory
  table: ExpiryTable
  instanceId: string
  remove: (id: string) => Promise<void>
  log: Log
  now?: () => number
}) {
  const removing = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  function expiresAt(record: ContainerRecord): number | null {
    const stored = table.get(record.id)
    if (stored !== undefined) return stored
    const { ttlSeconds, instance } = record.berth
    return ttlSeconds !== null && instance === instanceId ? Date.parse(record.createdAt) + ttlSeconds * 1000 : null
  }

  function isOver(record: ContainerRecord): boolean {
    const end = expiresAt(record)
    return end !== null && end <= now()
  }

  /** On a full disk nothing can be deleted either; the next full reading tries again. */
  function forget(id: string): void {
    try {
      table.remove(id)
    } catch (err) {
      log.warn({ err, containerId: id }, 'the end date of a container that is gone could not be removed')
    }
  }

  async function expire(record: ContainerRecord): Promise<void> {
    removing.add(record.id)
    try {
      await remove(record.id)
      if (!inventory.get(record.id))
        log.info({ containerId: record.id, name: record.name }, 'container expired and was removed')
    } catch (err) {
      log.warn({ err, containerId: record.id }, 'expired container could not be removed; it is tried again')
    } finally {
      removing.delete(record.id)
    }
  }

  function sweep(): void {
    // While the engine is away nothing can be removed, and what is known may be out of date.
    if (inventory.staleMs() !== null) return
    for (const record of inventory.all()) if (isOver(record) && !removing.has(record.id)) void expire(record)
  }

  inventory.onChange(({ id, after }) => {
    if (!after) forget(id)
  })
  inventory.onSync(() => {
    for (const id of table.ids()) if (!inventory.get(id)) forget(id)
    sweep()
  })

  return {
    start(): void {
      timer = setInterval(sweep, SWEEP_MS)
    },
    stop(): void {
      clearInterval(timer)
    },
    expiresAt,
    isOver,
    set(id: string, ttlSeconds: number | null): void {
      table.set(id, ttlSeconds === null ? null : now() + ttlSeconds * 1000)
    },
    /** A container that takes another's place takes over its end, too. */
    inherit(from: ContainerRecord, toId: string): void {
      const end = expiresAt(from)
      if (end !== null || table.get(from.id) !== undefined) table.set(toId, end)
    }
  }
}
