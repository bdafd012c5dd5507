// The inventory follows the engine's events.

import t from 'tap'
import { callsOf, hold } from '../../helpers/held-calls.ts'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { binding } from '../../helpers/records.ts'
import { startableInventory as setUp } from '../../helpers/startable-inventory.ts'
import { until } from '../../helpers/until.ts'

const names = ({ all }: { all: () => Iterable<{ name: string }> }) => [...all()].map(({ name }) => name).toSorted()

t.test('it subscribes before it lists, so it misses no event', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'web' })
  const list = hold(engine, 'listContainers')
  const { inventory, start } = setUp(t, engine)
  const started = start()
  await until(() => list.held.length === 1)
  t.strictSame(
    engine.calls.map(({ name }) => name).filter((name) => name === 'events' || name === 'listContainers'),
    ['events', 'listContainers']
  )
  // The list is made but not yet delivered. This container is not in it.
  engine.add({ name: 'late' })
  list.releaseAll()
  await started
  await until(() => names(inventory).length === 2)
  t.strictSame(names(inventory), ['late', 'web'])
})

t.test('it knows nothing before the first read', async (t) => {
  const { inventory, start } = setUp(t)
  t.equal(inventory.staleMs(), 0)
  let isReady = false
  const ready = inventory.whenReady().then(() => (isReady = true))
  t.notOk(isReady)
  await start()
  await ready
  t.equal(inventory.staleMs(), null)
})

t.test('it notices changes by other clients', async (t) => {
  const { engine, inventory, start } = setUp(t)
  await start()
  const { id } = engine.add({ name: 'web', state: 'created' })
  await until(() => inventory.get(id) !== undefined)
  engine.change(id, 'start', { state: 'running' })
  await until(() => inventory.get(id)?.state === 'running')
  engine.change(id, 'rename', { name: 'new-name' })
  await until(() => inventory.get(id)?.name === 'new-name')
  engine.end(id, 3)
  await until(() => inventory.get(id)?.exitCode === 3)
})

t.test('a burst of events costs one read', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web' })
  const { inventory, start } = setUp(t, engine)
  await start()
  const before = callsOf(engine, 'inspectContainer')
  for (const action of ['die', 'start', 'pause', 'unpause', 'rename', 'update']) engine.emit(action, id)
  engine.change(id, 'health_status', { health: 'healthy' })
  await until(() => inventory.get(id)?.health === 'healthy')
  t.equal(callsOf(engine, 'inspectContainer') - before, 1)
})

t.test('a read after a change by Berth also covers its events', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web' })
  const other = engine.add({ name: 'other' })
  const { inventory, start } = setUp(t, engine)
  await start()
  await engine.stopContainer(id, 1)
  await until(() => engine.calls.at(-1)?.name === 'stopContainer')
  await new Promise((resolve) => setImmediate(resolve))
  await inventory.refresh(id)
  const before = callsOf(engine, 'inspectContainer')
  // Once the event of another container has been handled, so has that of the first.
  engine.change(other.id, 'rename', { name: 'renamed' })
  await until(() => inventory.get(other.id)?.name === 'renamed')
  t.equal(callsOf(engine, 'inspectContainer') - before, 1)
})

t.test('a removed container disappears at once', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web' })
  const { inventory, start, changes } = setUp(t, engine)
  await start()
  changes.length = 0
  await engine.removeContainer(id, { force: true, volumes: true })
  await until(() => inventory.get(id) === undefined)
  t.match(changes, [{ id, before: { name: 'web' }, after: undefined }])
  t.equal(changes.length, 1)
})

t.test('watchers get the previous and the current record', async (t) => {
  const engine = createMemoryEngine()
  const { inventory, start, changes } = setUp(t, engine)
  await start()
  const stop = inventory.onChange(() => t.fail('it stopped watching'))
  stop()
  const { id } = engine.add({ name: 'web', ports: [binding(8001)] })
  await inventory.refresh(id)
  engine.change(id, 'pause', { state: 'paused' })
  await inventory.refresh(id)
  t.match(changes, [
    { id, before: undefined, after: { state: 'running' } },
    { id, before: { state: 'running' }, after: { state: 'paused' } }
  ])
})

t.test('every list announces images, since the stream may have lost their events', async (t) => {
  const engine = createMemoryEngine()
  const { inventory, start } = setUp(t, engine, 20)
  let announced = 0
  inventory.onImages(() => announced++)
  await start()
  const before = callsOf(engine, 'listContainers')
  await until(() => callsOf(engine, 'listContainers') > before + 1)
  t.ok(announced > 1)
})

t.test('an event about an image announces images', async (t) => {
  const { engine, inventory, start } = setUp(t)
  await start()
  const announced = new Promise<void>((resolve) => inventory.onImages(resolve))
  engine.emit('tag', 'sha256:x', 'image')
  await announced
})
