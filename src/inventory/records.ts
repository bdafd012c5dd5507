// The record of every container. An older read never replaces a newer one, nor restores a removed container.

import { isDeepStrictEqual } from 'node:util'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { Topic } from '../lib/topic.ts'
import type { Change } from './bus.ts'
import { createIds } from './ids.ts'
import type { Reading } from './turns.ts'

/** A container that the engine lists but cannot describe is neither known nor gone, and allows no conclusions. */
export type Presence = { is: 'known'; record: ContainerRecord } | { is: 'unread' } | { is: 'absent' }
export type Records = ReturnType<typeof createRecords>

// Longer than any answer about a container can take.
const REMEMBER_GONE_MS = 60_000
// A single failed read is soon repeated and deserves no warning to clients.
const UNREAD_MS = 30_000

export function createRecords(changes: Topic<Change>, now: () => number) {
  const records = new Map<string, ContainerRecord>()
  const readAt = new Map<string, number>()
  const goneAt = new Map<string, number>()
  /** Since when they cannot be read. */
  const failing = new Map<string, number>()
  const ids = createIds(records)
  let version = 0

  function tell(change: Change): void {
    version++
    changes.tell(change)
  }

  function staleMs(id: string): number | null {
    const since = failing.get(id)
    if (since === undefined || now() - since < UNREAD_MS) return null
    return Math.round(now() - (readAt.get(id) ?? since))
  }

  /** The engine's answer to a call of that time. */
  function put(record: ContainerRecord, asked: number): void {
    if (asked < (readAt.get(record.id) ?? goneAt.get(record.id) ?? 0)) return
    const before = records.get(record.id)
    readAt.set(record.id, asked)
    failing.delete(record.id)
    records.set(record.id, record)
    ids.take(record)
    tell({ id: record.id, before, after: record })
  }

  return {
    put,

    /** The same for a read without an event: if it finds nothing new, nothing has happened. */
    confirm(record: ContainerRecord, asked: number): void {
      const isSame = !failing.has(record.id) && isDeepStrictEqual(records.get(record.id), record)
      if (!isSame) return put(record, asked)
      readAt.set(record.id, Math.max(asked, readAt.get(record.id) ?? 0))
    },

    drop(id: string): void {
      goneAt.set(id, now())
      failing.delete(id)
      const before = records.get(id)
      if (!before) return
      records.delete(id)
      readAt.delete(id)
      ids.free(id)
      tell({ id, before, after: undefined })
    },

    /** The engine has it but did not describe it, so its record may be stale. */
    failed(id: string): void {
      if (failing.has(id)) return
      failing.set(id, now())
      version++
    },

    /** All containers that the engine is believed to have. */
    ids: (): Set<string> => new Set([...records.keys(), ...failing.keys()]),

    presence(id: string): Presence {
      const record = records.get(id)
      if (record) return { is: 'known', record }
      return failing.has(id) ? { is: 'unread' } : { is: 'absent' }
    },

    /** Number of containers without a current record. */
    failing: (): number => failing.size,
    isFailing: (id: string): boolean => failing.has(id),
    hasUnread: (): boolean => [...failing.keys()].some((id) => !records.has(id)),

    /** Age of a record that could not be refreshed for a while. Null if it is up to date. */
    staleMs,
    /** The same for all such containers; for those never read, the time since the first failure. */
    unreadMs: (): number[] => [...failing.keys()].flatMap((id) => staleMs(id) ?? []),

    /** Only readable containers; the others are retried anyway. */
    readings: (): Reading[] =>
      [...records.keys()].filter((id) => !failing.has(id)).map((id) => ({ id, readAt: readAt.get(id) ?? 0 })),

    forgetGone(): void {
      for (const [id, gone] of goneAt) if (now() - gone > REMEMBER_GONE_MS) goneAt.delete(id)
    },

    /** Time of the call behind a record; 0 without one. */
    readAt: (id: string): number => readAt.get(id) ?? 0,
    /** Changes with every change of a record, so results derived from all records are valid for the same number. */
    version: (): number => version,
    all: (): IterableIterator<ContainerRecord> => records.values(),
    get: (id: string): ContainerRecord | undefined => records.get(id),
    find: ids.find
  }
}
