import { mock } from 'node:test'
import t from 'tap'
import type { Test } from 'tap'
import { createExpiry } from '../../../src/containers/expiry.ts'
import type { ContainerRecord } from '../../../src/engine/contract/containers.ts'
import { openStore } from '../../../src/store/sqlite/open.ts'
import { fakeInventory, type FakeInventory } from '../../helpers/fake-inventory.ts'
import { container, idOf, silentLog } from '../../helpers/records.ts'

const CREATED = Date.parse('2026-01-01T00:00:00Z')
const turn = () => new Promise((resolve) => setImmediate(resolve))

type Given = { records?: ContainerRecord[]; dates?: [id: string, end: number | null][]; onRecord?: string[] }

async function setUp(t: Test, { records = [], dates = [], onRecord = [] }: Given = {}) {
  const store = openStore(':memory:')
  t.teardown(store.close)
  const inventory = fakeInventory(records)
  const clock = { now: CREATED }
  const removed: string[] = []
  const engine = { fails: false }
  for (const [id, end] of dates) await store.expiries.set(id, end)
  const expiry = await createExpiry({
    inventory,
    table: store.expiries,
    isOnRecord: (attempt) => onRecord.includes(attempt),
    instanceId: 'here',
    async remove(id) {
      removed.push(id)
      if (engine.fails) throw new Error('the engine is away')
      inventory.removed(id)
    },
    log: silentLog,
    now: () => clock.now
  })
  const written = async () => new Map((await store.expiries.all()).map((row) => [row.containerId, row.expiresAt]))
  return { expiry, inventory, clock, removed, engine, table: store.expiries, written }
}

/** Every full read checks the dates, too. */
async function look(inventory: FakeInventory): Promise<void> {
  inventory.sync()
  await turn()
}

const labelled = (ttl: string, instance = 'here') =>
  container({ labels: { 'io.berth.ttl-seconds': ttl, 'io.berth.instance': instance, 'io.berth.attempt': 'one' } })

t.test('a container is removed when it expires, not before', async (t) => {
  const { expiry, inventory, clock, removed } = await setUp(t, { records: [container()] })
  await expiry.set(idOf('web'), 10)
  t.equal(expiry.expiresAt(container()), CREATED + 10_000)
  clock.now = CREATED + 9_999
  await look(inventory)
  t.strictSame(removed, [])
  clock.now = CREATED + 10_000
  await look(inventory)
  t.strictSame(removed, [idOf('web')])
})

t.test('a container that expired while the server was down is removed at the first check', async (t) => {
  const dates: Given['dates'] = [[idOf('web'), CREATED - 1]]
  const { inventory, clock, removed } = await setUp(t, { records: [container()], dates })
  clock.now = CREATED + 1e9
  await look(inventory)
  t.strictSame(removed, [idOf('web')])
})

t.test('renewing counts from now, and null means never', async (t) => {
  const { expiry, inventory, clock, removed } = await setUp(t, { records: [container()] })
  await expiry.set(idOf('web'), 10)
  clock.now += 8_000
  await expiry.set(idOf('web'), 10)
  clock.now += 9_999
  await look(inventory)
  t.strictSame(removed, [])
  await expiry.set(idOf('web'), null)
  clock.now += 1e9
  await look(inventory)
  t.strictSame(removed, [])
  t.equal(expiry.expiresAt(container()), null)
})

t.test('the label counts while the create is on record, and its date is stored then', async (t) => {
  const onRecord = ['one']
  const { expiry, inventory, written } = await setUp(t, { onRecord })
  for (const odd of ['', 'soon', '-5', '0']) {
    inventory.put(labelled(odd))
    t.equal(expiry.expiresAt(labelled(odd)), null, `ttl ${odd}`)
  }
  inventory.put(labelled('60', 'another server'))
  t.equal((await written()).get(idOf('web')), undefined)
  inventory.put(labelled('60'))
  t.equal((await written()).get(idOf('web')), CREATED + 60_000)
  onRecord.pop()
  t.equal(expiry.expiresAt(labelled('60')), CREATED + 60_000)
})

t.test('a first write that is slow replaces no later date, and nothing expires before its end', async (t) => {
  const { expiry, inventory, clock, removed, table, written } = await setUp(t, { onRecord: ['one'] })
  const { add } = table
  let write = () => {}
  const isSlow = new Promise<void>((resolve) => (write = resolve))
  table.add = async (...row) => (await isSlow, add(...row))
  inventory.put(labelled('1'))
  clock.now += 2_000
  await look(inventory)
  t.strictSame(removed, [])
  t.equal(expiry.expiresAt(labelled('1')), CREATED + 1_000, 'its date is not forgotten')
  await expiry.set(labelled('1').id, 60)
  write()
  await turn()
  t.strictSame(await written(), new Map([[labelled('1').id, CREATED + 62_000]]))
})

t.test('a container unknown to the store stays: its date may have been withdrawn', async (t) => {
  const { expiry, inventory, clock, removed } = await setUp(t)
  inventory.put(labelled('60'))
  clock.now += 1e9
  await look(inventory)
  t.strictSame(removed, [])
  t.equal(expiry.expiresAt(labelled('60')), null)
})

t.test('the date of a container that could not be read is kept', async (t) => {
  const { expiry, inventory, written } = await setUp(t)
  await expiry.set(idOf('web'), null)
  inventory.setUnread(idOf('web'))
  await look(inventory)
  t.equal((await written()).get(idOf('web')), null)
  inventory.put(labelled('60'))
  t.equal(expiry.expiresAt(labelled('60')), null, 'and "never" is still never')
})

t.test("the date of another server's container is neither shown nor changed", async (t) => {
  const { expiry, inventory, clock, removed } = await setUp(t)
  const record = labelled('60', 'another server')
  inventory.put(record)
  await expiry.set(record.id, 1)
  clock.now += 1e9
  await look(inventory)
  t.strictSame(removed, [], 'not even with a date that an earlier version stored')
  t.throws(() => expiry.checkOwn(record), { code: 'CONTAINER_OF_ANOTHER_SERVER' })
  t.doesNotThrow(() => expiry.checkOwn(labelled('60')))
  t.doesNotThrow(() => expiry.checkOwn(container()))
})

t.test('the store takes precedence over the label', async (t) => {
  const { expiry } = await setUp(t)
  const record = labelled('60')
  await expiry.set(record.id, null)
  t.equal(expiry.expiresAt(record), null)
})

t.test('nothing is removed while the engine is unreachable', async (t) => {
  const { expiry, inventory, clock, removed } = await setUp(t, { records: [container()] })
  await expiry.set(idOf('web'), 1)
  clock.now += 2_000
  inventory.setStale(500)
  await look(inventory)
  t.strictSame(removed, [])
  inventory.setStale(null)
  await look(inventory)
  t.strictSame(removed, [idOf('web')])
})

t.test('a failed removal is retried, and a running one is not started twice', async (t) => {
  const { expiry, inventory, clock, removed, engine } = await setUp(t, { records: [container()] })
  engine.fails = true
  await expiry.set(idOf('web'), 1)
  clock.now += 2_000
  inventory.sync()
  inventory.sync()
  await turn()
  t.equal(removed.length, 1)
  engine.fails = false
  await look(inventory)
  t.equal(removed.length, 2)
})

t.test('dates of removed containers are deleted', async (t) => {
  const { expiry, inventory, written } = await setUp(t, { records: [container(), container({ name: 'db' })] })
  await expiry.set(idOf('web'), 10)
  await expiry.set(idOf('removed while the server was down'), 10)
  await expiry.set(idOf('db'), 10)
  inventory.removed(idOf('web'))
  t.strictSame([...(await written()).keys()], [idOf('removed while the server was down'), idOf('db')])
  await look(inventory)
  t.strictSame([...(await written()).keys()], [idOf('db')])
})

t.test('a full disk that prevents deleting dates keeps no watcher from learning of a removal', async (t) => {
  const { expiry, inventory, table, written } = await setUp(t, { records: [container()] })
  await expiry.set(idOf('web'), 10)
  const remove = table.remove
  table.remove = async () => {
    throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
  }
  t.doesNotThrow(() => inventory.removed(idOf('web')))
  await look(inventory)
  table.remove = remove
  await look(inventory)
  t.strictSame([...(await written()).keys()], [])
})

t.test('a replacement takes over the expiry of the old container', async (t) => {
  const { expiry, written } = await setUp(t)
  await expiry.inherit(container(), idOf('new'))
  t.equal((await written()).get(idOf('new')), undefined, 'no expiry stays none')
  await expiry.inherit(labelled('60'), idOf('unknown'))
  t.equal((await written()).get(idOf('unknown')), null, 'an unknown one is not invented')
  await expiry.set(idOf('web'), 60)
  await expiry.inherit(labelled('60'), idOf('new'))
  t.equal((await written()).get(idOf('new')), CREATED + 60_000)
  await expiry.set(idOf('web'), null)
  await expiry.inherit(labelled('60'), idOf('newer'))
  t.equal((await written()).get(idOf('newer')), null, 'and so does "never"')
})

t.test('it checks every second until it is stopped', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const { expiry, clock, removed } = await setUp(t, { records: [container(), container({ name: 'db' })] })
  await expiry.set(idOf('web'), 1)
  await expiry.set(idOf('db'), 5)
  expiry.start()
  clock.now += 1_000
  mock.timers.tick(1_000)
  await turn()
  t.strictSame(removed, [idOf('web')])
  expiry.stop()
  clock.now += 10_000
  mock.timers.tick(10_000)
  await turn()
  t.strictSame(removed, [idOf('web')])
})
