// An older answer of the engine never replaces a newer one.

import t from 'tap'
import { callsOf, hold } from '../../helpers/held-calls.ts'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { startableInventory as setUp } from '../../helpers/startable-inventory.ts'
import { until } from '../../helpers/until.ts'

t.test('a late older answer does not replace a newer one', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web', state: 'created' })
  const { inventory, start } = setUp(t, engine)
  await start()

  const inspect = hold(engine, 'inspectContainer')
  const old = inventory.refresh(id)
  await until(() => inspect.held.length === 1)
  const [releaseOld] = inspect.held.splice(0)
  engine.change(id, 'start', { state: 'running' })
  inspect.releaseAll()
  t.match(await inventory.refresh(id), { state: 'running' })
  releaseOld?.()
  t.match(await old, { state: 'created' }, 'its caller gets the older answer')
  t.match(inventory.get(id), { state: 'running' })
})

t.test('a late older answer does not restore a removed container', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web' })
  const { inventory, start } = setUp(t, engine)
  await start()
  const inspect = hold(engine, 'inspectContainer')
  const old = inventory.refresh(id)
  await until(() => inspect.held.length === 1)
  inventory.removed(id)
  inspect.releaseAll()
  await old
  t.equal(inventory.get(id), undefined)
})

t.test('a list does not drop a container that was created after it', async (t) => {
  const engine = createMemoryEngine()
  const { inventory, start, changes } = setUp(t, engine, 5)
  await start()
  const list = hold(engine, 'listContainers')
  await until(() => list.held.length > 0)
  const { id } = engine.add({ name: 'web' })
  await inventory.refresh(id)
  list.releaseAll()
  await until(() => callsOf(engine, 'listContainers') > 4)
  t.match(inventory.get(id), { name: 'web' })
  t.notOk(changes.some(({ after }) => after === undefined))
})
