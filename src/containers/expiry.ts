// Containers with an end date. Only the store has the date, which survives restarts and can be renewed. The sweep checks the
// dates and uses no timer per container, so a container that expired while the server was down is removed at the next check.
// A date that is not in the store is never applied: docs/decisions/080-end-dates-are-never-guessed.md

import type { ContainerRecord } from '../engine/contract/containers.ts'
import { AppError, isAppError } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { createSteadyClock } from '../lib/steady-clock.ts'
import type { ExpiryStore } from '../store/contract/expiries.ts'

type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void }

const SWEEP_MS = 1_000

export type Expiry = Awaited<ReturnType<typeof createExpiry>>

export async function createExpiry({
  inventory,
  table,
  isOnRecord,
  instanceId,
  remove,
  log,
  now = createSteadyClock()
}: {
  inventory: Inventory
  table: ExpiryStore
  /** Whether an attempt at a create is unfinished. */
  isOnRecord: (attempt: string) => boolean
  instanceId: string
  remove: (id: string) => Promise<void>
  log: Log
  now?: () => number
}) {
  // Read on every answer, written seldom.
  const known = new Map<string, number | null>()
  const removing = new Set<string>()
  const beingFirst = new Set<string>()
  // Removed containers whose dates could not be deleted at that time.
  const gone = new Set<string>()
  let changes = 0
  let timer: NodeJS.Timeout | undefined

  await reload()

  /** Dates that other servers wrote. Own writes in the meantime are read once more. */
  async function reload(): Promise<void> {
    let rows
    let seen
    do {
      seen = changes
      rows = await table.all()
    } while (seen !== changes)
    const ids = new Set(rows.map(({ containerId }) => containerId))
    for (const { containerId, expiresAt: end } of rows) known.set(containerId, end)
    for (const id of known.keys()) if (!ids.has(id) && !beingFirst.has(id)) known.delete(id)
  }

  function keep(id: string, end: number | null | undefined): void {
    changes++
    if (end === undefined) known.delete(id)
    else known.set(id, end)
  }

  function expiresAt(record: ContainerRecord): number | null {
    return isElsewhere(record) ? null : (known.get(record.id) ?? null)
  }

  async function write(id: string, end: number | null): Promise<void> {
    await table.set(id, end)
    keep(id, end)
  }

  /** Only the server that created a container enforces its end date. */
  function isElsewhere({ berth }: ContainerRecord): boolean {
    return berth.instance !== null && berth.instance !== instanceId
  }

  function isMissing({ id, berth }: ContainerRecord): boolean {
    return berth.ttlSeconds !== null && berth.instance === instanceId && known.get(id) === undefined
  }

  /**
   * The label says what the create asked for. It counts only as long as the create is on record: of a container that the store
   * has never heard of, as after a restore of an older copy, it may long have been renewed or taken back.
   */
  async function writeFirst(record: ContainerRecord): Promise<void> {
    const { ttlSeconds, attempt } = record.berth
    if (ttlSeconds === null || !isMissing(record) || !isOnRecord(attempt ?? '')) return
    const end = Date.parse(record.createdAt) + ttlSeconds * 1000
    keep(record.id, end)
    beingFirst.add(record.id)
    try {
      // A date that the create or a user sets in the meantime counts, whichever write arrives last.
      await table.add(record.id, end)
    } catch (err) {
      if (known.get(record.id) === end) keep(record.id, undefined)
      log.warn({ err, containerId: record.id }, 'the end date of a container could not be written down')
    } finally {
      beingFirst.delete(record.id)
    }
  }

  function reportMissing(): void {
    const names = [...inventory.all()].filter(isMissing).map(({ name }) => name)
    if (names.length > 0)
      log.warn(
        { names },
        'the end dates of these containers are not in the data folder; they stay until they get another'
      )
  }

  function isOver(record: ContainerRecord): boolean {
    const end = expiresAt(record)
    return end !== null && end <= now()
  }

  /** On a full disk nothing can be deleted either; the next full reading tries again. */
  async function forget(id: string, isSeen: boolean): Promise<void> {
    if (!known.has(id)) return
    try {
      await (isSeen || gone.has(id) ? table.remove(id) : table.removeAbsent(id))
      keep(id, undefined)
      gone.delete(id)
    } catch (err) {
      if (isSeen) gone.add(id)
      if (isAppError(err, 'STORE_UNAVAILABLE')) return
      log.warn({ err, containerId: id }, 'the end date of a container that is gone could not be removed')
    }
  }

  async function expire(record: ContainerRecord): Promise<void> {
    removing.add(record.id)
    try {
      // Another server may have given it more time.
      keep(record.id, await table.get(record.id))
      if (!isOver(record)) return
      await remove(record.id)
      if (!inventory.get(record.id))
        log.info({ containerId: record.id, name: record.name }, 'container expired and was removed')
    } catch (err) {
      if (isAppError(err, 'STORE_UNAVAILABLE')) return
      log.warn({ err, containerId: record.id }, 'expired container could not be removed; it is tried again')
    } finally {
      removing.delete(record.id)
    }
  }

  function sweep(): void {
    // While the engine is unreachable nothing can be removed, and the known state may be stale.
    if (inventory.staleMs() !== null) return
    for (const record of inventory.all())
      if (isOver(record) && !removing.has(record.id) && !beingFirst.has(record.id)) void expire(record)
  }

  inventory.onChange(({ id, after }) => {
    void (after ? writeFirst(after) : forget(id, true))
  })
  inventory.onSync(() => {
    for (const id of known.keys()) if (inventory.presence(id).is === 'absent') void forget(id, false)
    reportMissing()
    sweep()
  })

  return {
    start(): void {
      timer = setInterval(sweep, SWEEP_MS)
    },
    stop(): void {
      clearInterval(timer)
    },
    reload,
    expiresAt,
    isOver,
    /** Throws for a container whose expiry belongs to another server. */
    checkOwn(record: ContainerRecord): void {
      if (!isElsewhere(record)) return
      throw new AppError(
        'CONTAINER_OF_ANOTHER_SERVER',
        `Container ${record.name} was created by the Berth server with the id ${record.berth.instance}, and only that server can change its end date. Set ttl_seconds there.`,
        { facts: { instance: record.berth.instance } }
      )
    },
    set: (id: string, ttlSeconds: number | null): Promise<void> =>
      write(id, ttlSeconds === null ? null : now() + ttlSeconds * 1000),
    /** A replacement takes over the end date of its container. */
    async inherit(from: ContainerRecord, toId: string): Promise<void> {
      if (from.berth.ttlSeconds !== null || known.get(from.id) !== undefined) await write(toId, expiresAt(from))
    }
  }
}
