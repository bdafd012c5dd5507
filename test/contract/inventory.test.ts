// One contract for all inventories: the real one, on the engine in memory, and the one that unit tests fill by hand.

import t, { type Test } from 'tap'
import type { ContainerRecord } from '../../src/engine/contract/containers.ts'
import type { Inventory } from '../../src/inventory/inventory.ts'
import { fakeInventory } from '../helpers/fake-inventory.ts'
import { container, idOf } from '../helpers/records.ts'
import { startableInventory } from '../helpers/startable-inventory.ts'

type Subject = {
  inventory: Inventory
  /** Puts this container into the engine, and waits until the inventory has read it. */
  put(record: ContainerRecord): Promise<void>
}

const anyone = () => true

async function real(t: Test): Promise<Subject> {
  const { engine, inventory, start } = startableInventory(t)
  await start()
  return {
    inventory,
    async put(record) {
      const existing = engine.records().find(({ id }) => id === record.id)
      if (existing) Object.assign(existing, record)
      else engine.add(record)
      await inventory.refresh(record.id)
    }
  }
}

async function fake(): Promise<Subject> {
  const inventory = fakeInventory()
  return { inventory, put: async (record) => inventory.put(record) }
}

for (const [name, create] of Object.entries({ real, fake })) {
  t.test(name, async (t) => {
    const web = container({ name: 'web' })
    const db = container({ name: 'db' })

    t.test('it finds a container by name or id, if the caller may see it', async (t) => {
      const { inventory, put } = await create(t)
      await put(web)
      await put(db)
      t.match(inventory.find('web', anyone), { id: web.id })
      t.match(inventory.find(db.id, anyone), { name: 'db' })
      const missing = { code: 'CONTAINER_NOT_FOUND' }
      t.throws(() => inventory.find('nobody', anyone), missing)
      t.throws(() => inventory.find('web', ({ name }) => name !== 'web'), missing)
      t.match([...inventory.all()].map((each) => each.name).toSorted(), ['db', 'web'])
    })

    t.test('watchers get the previous and the current record, until they stop', async (t) => {
      const { inventory, put } = await create(t)
      const seen: unknown[] = []
      const stop = inventory.onChange(({ id, before, after }) =>
        seen.push([id, before?.state ?? null, after?.state ?? null])
      )
      await put(web)
      await put({ ...web, state: 'paused' })
      inventory.removed(web.id)
      inventory.removed(web.id)
      stop()
      await put(db)
      t.strictSame(seen, [
        [web.id, null, 'running'],
        [web.id, 'running', 'paused'],
        [web.id, 'paused', null]
      ])
    })

    t.test('the version changes only with a change', async (t) => {
      const { inventory, put } = await create(t)
      const versions = [inventory.version()]
      await put(web)
      versions.push(inventory.version())
      await put({ ...web, state: 'paused' })
      versions.push(inventory.version())
      inventory.removed(web.id)
      versions.push(inventory.version())
      t.equal(new Set(versions).size, 4)
      inventory.removed(web.id)
      inventory.get(web.id)
      t.equal(inventory.version(), versions.at(-1))
    })

    t.test('a removed container is absent', async (t) => {
      const { inventory, put } = await create(t)
      t.strictSame(inventory.presence(web.id), { is: 'absent' })
      await put(web)
      t.match(inventory.presence(web.id), { is: 'known', record: { name: 'web' } })
      inventory.removed(web.id)
      t.strictSame(inventory.presence(web.id), { is: 'absent' })
      t.equal(inventory.get(web.id), undefined)
      t.throws(() => inventory.find('web', anyone), { code: 'CONTAINER_NOT_FOUND' })
    })

    t.test('refresh returns the current record, or undefined', async (t) => {
      const { inventory, put } = await create(t)
      await put({ ...web, state: 'paused' })
      t.match(await inventory.refresh(web.id), { state: 'paused' })
      t.equal(await inventory.refresh(idOf('nobody')), undefined)
    })

    t.test('holding returns the result of the change, or its error', async (t) => {
      const { inventory } = await create(t)
      t.equal(await inventory.holding(web.id, async () => 'done'), 'done')
      await t.rejects(
        inventory.holding(web.id, async () => {
          throw new Error('refused')
        }),
        { message: 'refused' }
      )
    })

    t.test('it is in sync', async (t) => {
      const { inventory } = await create(t)
      await inventory.whenReady()
      t.equal(inventory.staleMs(), null)
      t.equal(inventory.hasUnread(), false)
      t.strictSame(inventory.unreadMs(), [])
    })
  })
}
