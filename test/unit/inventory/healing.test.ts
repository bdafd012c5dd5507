// The inventory recovers from lost events and failed reads, and marks stale containers until then.

import t from 'tap'
import { AppError } from '../../../src/errors.ts'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { startableInventory as setUp } from '../../helpers/startable-inventory.ts'
import { until } from '../../helpers/until.ts'

const LATER = '2031-01-01T00:00:00.000Z'

const names = ({ all }: { all: () => Iterable<{ name: string }> }) => [...all()].map(({ name }) => name)

t.test('a container that could not be read is neither known nor gone, and is read again', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'slow' })
  engine.add({ name: 'web' })
  const original = engine.inspectContainer
  let isSlow = true
  engine.inspectContainer = async (asked, signal) => {
    if (isSlow && asked === id) throw new AppError('ENGINE_TIMEOUT', 'The engine took too long.')
    return original(asked, signal)
  }
  const { inventory, start } = setUp(t, engine)
  await start()
  t.strictSame(names(inventory), ['web'])
  t.match(inventory.presence(id), { is: 'unread' })
  t.match(inventory.presence('f'.repeat(64)), { is: 'absent' })
  t.ok(inventory.hasUnread())
  isSlow = false
  await until(() => inventory.presence(id).is === 'known')
  t.notOk(inventory.hasUnread())
})

t.test('changes without an event heal within a minute', async (t) => {
  const { engine, inventory, start, advance, changes } = setUp(t)
  const { id } = engine.add({ name: 'web' })
  engine.add({ name: 'other' })
  await start()
  // As if the event were lost.
  for (const record of engine.records()) {
    if (record.id === id)
      Object.assign(record, {
        limits: { memoryBytes: 5, cpus: null, pids: null, nofile: null, storageBytes: null, ioWeight: null },
        startedAt: LATER
      })
  }
  changes.length = 0
  const version = inventory.version()
  advance(60_000)
  await until(() => inventory.get(id)?.limits.memoryBytes === 5)
  t.match(inventory.get(id), { startedAt: LATER })
  t.match(changes, [{ id, after: { startedAt: LATER } }])
  t.equal(inventory.version(), version + 1, 'and objects derived from the other still hold')
})

t.test('a container that could not be read for a while shows its age', async (t) => {
  const { engine, inventory, start, advance } = setUp(t)
  const { id } = engine.add({ name: 'web' })
  await start()
  const original = engine.inspectContainer
  let tries = 0
  engine.inspectContainer = async () => {
    tries++
    throw new AppError('ENGINE_TIMEOUT', 'The engine took too long.')
  }
  engine.change(id, 'update', { restart: 'always' })
  await until(() => tries === 1)
  t.equal(inventory.staleMs(id), null, 'one failed read is not a while')
  // The second attempt shows that the first has been handled.
  await until(() => tries === 2)
  advance(30_000)
  t.ok((inventory.staleMs(id) ?? 0) >= 30_000)
  t.equal(inventory.staleMs(), null, 'which says nothing of the others')
  t.equal(inventory.unreadMs().length, 1)
  engine.inspectContainer = original
  await until(() => inventory.staleMs(id) === null)
  t.equal(inventory.get(id)?.restart, 'always')
  t.strictSame(inventory.unreadMs(), [])
})

t.test('a container under change is skipped, since the engine would delay the read', async (t) => {
  const { engine, inventory, start, advance } = setUp(t)
  const { id } = engine.add({ name: 'web' })
  const other = engine.add({ name: 'other' })
  await start()
  const asked = () => engine.calls.filter(({ name }) => name === 'inspectContainer').map(({ args }) => args[0])
  await inventory.holding(id, async () => {
    const before = asked().length
    advance(60_000)
    await until(() => asked().length > before)
    t.strictSame(new Set(asked().slice(before)), new Set([other.id]))
  })
})
