// A real inventory of an engine in memory, with a clock that the test can advance. It is stopped with the test.

import type { Test } from 'tap'
import type { Change } from '../../src/inventory/bus.ts'
import { createInventory } from '../../src/inventory/inventory.ts'
import { createMemoryEngine, type MemoryEngine } from './memory-engine.ts'
import { silentLog } from './records.ts'

export function startableInventory(t: Test, engine: MemoryEngine = createMemoryEngine(), relistMs = 60_000) {
  let ahead = 0
  const now = () => performance.now() + ahead
  const inventory = createInventory({ engine, log: silentLog, relistMs, turnMs: 5, now })
  const changes: Change[] = []
  inventory.onChange((change) => changes.push(change))
  t.teardown(() => inventory.stop())
  const synced = new Promise<void>((resolve) => inventory.onSync(resolve))
  const start = async () => {
    inventory.start()
    await synced
  }
  const advance = (ms: number) => (ahead += ms)
  return { inventory, engine, changes, start, advance }
}
