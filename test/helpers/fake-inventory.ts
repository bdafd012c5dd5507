// The inventory without an engine: the test puts its records. test/contract/inventory.test.ts checks it with the real one.

import type { ContainerRecord } from '../../src/engine/contract/containers.ts'
import type { Change } from '../../src/inventory/bus.ts'
import type { Presence } from '../../src/inventory/records.ts'
import type { Inventory } from '../../src/inventory/inventory.ts'
import { createIds } from '../../src/inventory/ids.ts'

export type FakeInventory = ReturnType<typeof fakeInventory>

export function fakeInventory(given: ContainerRecord[] = []) {
  const records = new Map(given.map((record) => [record.id, record]))
  const ids = createIds(records)
  for (const record of given) ids.take(record)
  const watchers = new Set<(change: Change) => void>()
  const syncWatchers = new Set<() => void>()
  let age: number | null = null
  let version = 0
  const unread = new Set<string>()

  function notify(change: Change): void {
    version++
    for (const watcher of watchers) watcher(change)
  }

  function removed(id: string): void {
    const before = records.get(id)
    if (!records.delete(id)) return
    ids.free(id)
    notify({ id, before, after: undefined })
  }

  const inventory: Inventory = {
    start() {},
    stop() {},
    refresh: async (id) => records.get(id),
    holding: (_id, change) => change(),
    removed,
    version: () => version,
    presence(id): Presence {
      const record = records.get(id)
      if (record) return { is: 'known', record }
      return unread.has(id) ? { is: 'unread' } : { is: 'absent' }
    },
    hasUnread: () => unread.size > 0,
    all: () => records.values(),
    get: (id) => records.get(id),
    find: ids.find,
    staleMs: () => age,
    unreadMs: () => [],
    whenReady: async () => {},
    whenKnown: async () => {},
    onChange(watcher) {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    onSync(watcher) {
      syncWatchers.add(watcher)
      return () => syncWatchers.delete(watcher)
    },
    onImages: () => () => {},
    onNetworks: () => () => {}
  }

  return Object.assign(inventory, {
    put(record: ContainerRecord): void {
      const before = records.get(record.id)
      records.set(record.id, record)
      ids.take(record)
      notify({ id: record.id, before, after: record })
    },
    sync(): void {
      for (const watcher of syncWatchers) watcher()
    },
    /** The engine has it but cannot describe it. */
    setUnread: (id: string): void => void unread.add(id),
    setStale(ms: number | null): void {
      age = ms
    },
    watcherCount: () => watchers.size
  })
}
