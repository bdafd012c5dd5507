import type { Test } from 'tap'
import { createAttempts } from '../../src/containers/attempts.ts'
import { createRemoval } from '../../src/containers/removal.ts'
import { createSettling } from '../../src/containers/settling.ts'
import { createVolumes } from '../../src/containers/volumes.ts'
import { createInventory } from '../../src/inventory/inventory.ts'
import type { Store } from '../../src/store/contract/store.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import type { MemoryEngine } from './memory-engine.ts'
import { silentLog } from './records.ts'

type Log = Parameters<typeof createAttempts>[0]['log']

/** A server that starts with the leftovers of an earlier one in its store and in the engine. */
export async function startWith(
  t: Test,
  {
    engine,
    left = [],
    final = [],
    log = silentLog,
    flush
  }: {
    engine: MemoryEngine
    left?: [string, number?][]
    /** The attempts that were past the point of no return. */
    final?: string[]
    log?: Log
    flush?: () => Promise<void>
  }
) {
  const store = openStore(':memory:')
  for (const [attempt, createdAt = Date.now()] of left) await store.intents.add(attempt, createdAt)
  for (const attempt of final) await store.intents.finalize(attempt)
  const inventory = createInventory({ engine, log: silentLog })
  t.teardown(() => {
    inventory.stop()
    store.close()
  })
  const removal = createRemoval({ engine, inventory })
  const volumes = createVolumes({
    engine,
    ensureVolume: async () => {},
    inventory,
    ownData: { check: async () => {} },
    instanceId: 'here'
  })
  const settling = createSettling({ engine, inventory, removal, volumes })
  const attempts = await createAttempts({
    engine,
    inventory,
    settling,
    table: store.intents,
    flush: flush ?? store.flush,
    log
  })
  const synced = new Promise<void>((resolve) => inventory.onSync(resolve))
  inventory.start()
  await synced
  return { attempts, inventory, store }
}

export const isSettled = (store: Store) => async () => (await store.intents.all()).length === 0
export const labels = (attempt: string, more: Record<string, string> = {}) => ({
  'io.berth.managed': 'true',
  'io.berth.attempt': attempt,
  'io.berth.start': 'true',
  ...more
})
export const states = (engine: MemoryEngine) => engine.records().map(({ name, state }) => `${name} ${state}`)
