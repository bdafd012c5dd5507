// The inventory after lost events, and after the engine was unreachable.

import t from 'tap'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { startableInventory as setUp } from '../../helpers/startable-inventory.ts'
import { until } from '../../helpers/until.ts'

t.test('the next list finds changes whose events were lost', async (t) => {
  const engine = createMemoryEngine()
  const [stays, goes] = [engine.add({ name: 'stays' }), engine.add({ name: 'goes' })]
  engine.events = async (_since, signal) =>
    // oxlint-disable-next-line require-yield -- a stream that stays silent
    (async function* () {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })()
  const { inventory, start } = setUp(t, engine, 5)
  await start()
  engine.change(stays.id, 'die', { state: 'exited', exitCode: 1 })
  await engine.removeContainer(goes.id, { force: true, volumes: true })
  const added = engine.add({ name: 'comes' })
  await until(() => inventory.get(added.id) !== undefined)
  t.match(inventory.get(stays.id), { state: 'exited' })
  t.equal(inventory.get(goes.id), undefined)
})

t.test('the engine goes away and returns', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web' })
  const gone = engine.add({ name: 'gone' })
  const { inventory, start } = setUp(t, engine)
  await start()

  engine.goAway()
  t.type(inventory.staleMs(), 'number', 'the age of the data')
  t.match(inventory.get(id), { name: 'web' }, 'reads continue')
  await t.rejects(inventory.whenReady(), { code: 'ENGINE_UNAVAILABLE', message: /nobody listens.*Berth keeps trying/ })

  // Only a list finds this.
  for (const record of engine.records()) record.name = 'renamed'
  const back = new Promise<void>((resolve) => inventory.onSync(resolve))
  engine.comeBack()
  await engine.removeContainer(gone.id, { force: true, volumes: true })
  await back
  t.equal(inventory.staleMs(), null)
  t.match(inventory.get(id), { name: 'renamed' })
  t.equal(inventory.get(gone.id), undefined)
})

t.test('a broken stream causes a full list', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web' })
  const subscribe = engine.events
  const breakage = Promise.withResolvers<never>()
  engine.events = async () => {
    engine.events = subscribe
    // oxlint-disable-next-line require-yield -- it breaks before its first event
    return (async function* () {
      await breakage.promise
    })()
  }
  const { inventory, start } = setUp(t, engine)
  await start()
  // The list does not contain this.
  for (const record of engine.records())
    record.limits = { memoryBytes: 64, cpus: null, pids: null, nofile: null, storageBytes: null, ioWeight: null }
  const again = new Promise<void>((resolve) => inventory.onSync(resolve))
  breakage.reject(new Error('connection reset'))
  await again
  t.equal(inventory.get(id)?.limits.memoryBytes, 64)
})
