// Finds a container by name, id, or the id of a container that it replaced.

import t from 'tap'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { startableInventory as setUp } from '../../helpers/startable-inventory.ts'

t.test('find takes a name, an id or a unique prefix', async (t) => {
  const engine = createMemoryEngine()
  const tail = 'f'.repeat(56)
  engine.add({ name: 'web', id: `abcd1234${tail}` })
  engine.add({ name: 'db', id: `abcd5678${tail}` })
  // Its name is a prefix of another one's id.
  engine.add({ name: 'abcd5678', id: `1234abcd${tail}` })
  const replaced = `9999aaaa${tail}`
  engine.add({ name: 'moved', id: `5555aaaa${tail}`, labels: { 'io.berth.replaces': `${replaced},8888aaaa${tail}` } })
  const { inventory, start } = setUp(t, engine)
  await start()

  const found: [reference: string, name: string][] = [
    ['web', 'web'],
    [`abcd1234${tail}`, 'web'],
    ['abcd1234ffff', 'web'],
    ['abcd1', 'web'],
    ['abcd5', 'db'],
    ['abcd5678', 'abcd5678'],
    [replaced, 'moved'],
    [replaced.slice(0, 12), 'moved'],
    [`8888aaaa${tail}`, 'moved'],
    ['5555', 'moved']
  ]
  for (const [reference, name] of found) t.equal(inventory.find(reference, () => true).name, name, reference)
  t.throws(() => inventory.find('abcd', () => true), { code: 'CONTAINER_AMBIGUOUS', message: /2 containers/ })
  for (const reference of ['nobody', 'abc', '', 'we', 'ABCD1234', '0000', 'toString']) {
    t.throws(() => inventory.find(reference, () => true), { code: 'CONTAINER_NOT_FOUND' }, `"${reference}"`)
  }
})

t.test('a replaced id disappears with its replacement', async (t) => {
  const engine = createMemoryEngine()
  const replaced = '9999aaaa'.padEnd(64, 'f')
  const { id } = engine.add({ name: 'moved', labels: { 'io.berth.replaces': replaced } })
  const { inventory, start } = setUp(t, engine)
  await start()
  t.equal(inventory.find(replaced, () => true).id, id)
  inventory.removed(id)
  t.throws(() => inventory.find(replaced, () => true), { code: 'CONTAINER_NOT_FOUND' })
})

t.test('a replaced id finds the container again after a failed newer replacement', async (t) => {
  const engine = createMemoryEngine()
  const first = '9999aaaa'.padEnd(64, 'f')
  const moved = engine.add({ name: 'moved', labels: { 'io.berth.replaces': first } })
  const newer = engine.add({ name: 'moved.berth-newcomer', labels: { 'io.berth.replaces': `${moved.id},${first}` } })
  const { inventory, start } = setUp(t, engine)
  await start()
  t.equal(inventory.find(first, () => true).id, moved.id, 'the old one, while it exists')
  t.equal(inventory.find(moved.id.slice(0, 12), () => true).id, moved.id)
  inventory.removed(newer.id)
  t.equal(inventory.find(first, () => true).id, moved.id)
})
