// The record of every container. A slower, older answer never undoes a newer one, nor brings back what was removed meanwhile.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { Topic } from '../lib/topic.ts'
import type { Change } from './bus.ts'
import { createIds } from './ids.ts'

/** What the engine has and could not describe is neither known nor gone, and nothing may be concluded from that. */
export type Presence = { is: 'known'; record: ContainerRecord } | { is: 'unread' } | { is: 'absent' }
export type Records = ReturnType<typeof createRecords>

// Longer than any answer about a container can be under way.
const REMEMBER_GONE_MS = 60_000

export function createRecords(changes: Topic<Change>) {
  const records = new Map<string, ContainerRecord>()
  const readAt = new Map<string, number>()
  const goneAt = new Map<string, number>()
  const failing = new Set<string>()
  const ids = createIds(records)
  let version = 0

  function tell(change: Change): void {
    version++
    changes.tell(change)
  }

  return {
    /** What the engine said when it was asked at that time. */
    put(record: ContainerRecord, asked: number): void {
      if (asked < (readAt.get(record.id) ?? goneAt.get(record.id) ?? 0)) return
      const before = records.get(record.id)
      failing.delete(record.id)
      readAt.set(record.id, asked)
      records.set(record.id, record)
      ids.take(record)
      tell({ id: record.id, before, after: record })
    },

    drop(id: string): void {
      goneAt.set(id, performance.now())
      failing.delete(id)
      const before = records.get(id)
      if (!before) return
      records.delete(id)
      readAt.delete(id)
      ids.free(id)
      tell({ id, before, after: undefined })
    },

    /** The engine has it and did not describe it, so what is known of it may be out of date. */
    failed(id: string): void {
      if (failing.has(id)) return
      failing.add(id)
      version++
    },

    /** Of all that the engine is believed to have. */
    ids: (): Set<string> => new Set([...records.keys(), ...failing]),

    presence(id: string): Presence {
      const record = records.get(id)
      if (record) return { is: 'known', record }
      return failing.has(id) ? { is: 'unread' } : { is: 'absent' }
    },

    /** How many containers of the engine are not known, or not any more as they are. */
    failing: (): number => failing.size,
    isFailing: (id: string): boolean => failing.has(id),
    hasUnread: (): boolean => [...failing].some((id) => !records.has(id)),

    forgetGone(now: number): void {
      for (const [id, gone] of goneAt) if (now - gone > REMEMBER_GONE_MS) goneAt.delete(id)
    },

    /** When the engine was asked for what is known of it; 0 when nothing is. */
    readAt: (id: string): number => readAt.get(id) ?? 0,
    /** Another number for every change: what was made of all records under the same number still holds. */
    version: (): number => version,
    all: (): IterableIterator<ContainerRecord> => records.values(),
    get: (id: string): ContainerRecord | undefined => records.get(id),
    find: ids.find
  }
}
