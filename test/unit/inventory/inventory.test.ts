import t from 'tap'
import type { Engine } from '../../../src/engine/contract/engine.ts'
import { createMemoryEngine, type MemoryEngine } from '../../helpers/memory-engine.ts'
import { binding } from '../../helpers/records.ts'
import { startableInventory as setUp } from '../../helpers/startable-inventory.ts'
import { until } from '../../helpers/until.ts'

const names = ({ all }: { all: () => Iterable<{ name: string }> }) => [...all()].map(({ name }) => name).toSorted()
const countOf = (engine: MemoryEngine, name: keyof Engine) => engine.calls.filter((call) => call.name === name).length

/** The calls of one method wait until the test lets them go. */
function hold<K extends 'inspectContainer' | 'listContainers'>(engine: MemoryEngine, method: K) {
  const original = engine[method] as (...args: unknown[]) => Promise<unknown>
  const held: (() => void)[] = []
  const state = { holding: true }
  ;(engine as Engine)[method] = (async (...args: unknown[]) => {
    const answer = await original(...args)
    if (state.holding) await new Promise<void>((resolve) => held.push(resolve))
    return answer
  }) as Engine[K]
  return {
    held,
    releaseAll() {
      state.holding = false
      for (const release of held.splice(0)) release()
    }
  }
}

t.test('it subscribes before it lists, so that nothing falls in between', async (t) => {
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
  // The list is made and not yet told: this one is not in it.
  engine.add({ name: 'late' })
  list.releaseAll()
  await started
  await until(() => names(inventory).length === 2)
  t.strictSame(names(inventory), ['late', 'web'])
})

t.test('before the first reading nothing is known', async (t) => {
  const { inventory, start } = setUp(t)
  t.equal(inventory.staleMs(), 0)
  let isReady = false
  const ready = inventory.whenReady().then(() => (isReady = true))
  t.notOk(isReady)
  await start()
  await ready
  t.equal(inventory.staleMs(), null)
})

t.test('changes that happen without Berth are noticed', async (t) => {
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

t.test('a flock of events costs one reading', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web' })
  const { inventory, start } = setUp(t, engine)
  await start()
  const before = countOf(engine, 'inspectContainer')
  for (const action of ['die', 'start', 'pause', 'unpause', 'rename', 'update']) engine.emit(action, id)
  engine.change(id, 'health_status', { health: 'healthy' })
  await until(() => inventory.get(id)?.health === 'healthy')
  t.equal(countOf(engine, 'inspectContainer') - before, 1)
})

t.test('a reading made by a change of our own answers its events, too', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web' })
  const other = engine.add({ name: 'other' })
  const { inventory, start } = setUp(t, engine)
  await start()
  await engine.stopContainer(id, 1)
  await until(() => engine.calls.at(-1)?.name === 'stopContainer')
  await new Promise((resolve) => setImmediate(resolve))
  await inventory.refresh(id)
  const before = countOf(engine, 'inspectContainer')
  // By the time that another container's event has been seen to, so has that of the first.
  engine.change(other.id, 'rename', { name: 'renamed' })
  await until(() => inventory.get(other.id)?.name === 'renamed')
  t.equal(countOf(engine, 'inspectContainer') - before, 1)
})

t.test('a container that is gone is gone at once', async (t) => {
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

t.test('a slow old answer does not undo a newer one', async (t) => {
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
  t.match(await old, { state: 'created' }, 'whoever asked has what the engine said then')
  t.match(inventory.get(id), { state: 'running' })
})

t.test('a slow old answer does not bring back what was removed', async (t) => {
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

t.test('a container that was made while the list was on its way is not dropped for it', async (t) => {
  const engine = createMemoryEngine()
  const { inventory, start, changes } = setUp(t, engine, 5)
  await start()
  const list = hold(engine, 'listContainers')
  await until(() => list.held.length > 0)
  const { id } = engine.add({ name: 'web' })
  await inventory.refresh(id)
  list.releaseAll()
  await until(() => countOf(engine, 'listContainers') > 4)
  t.match(inventory.get(id), { name: 'web' })
  t.notOk(changes.some(({ after }) => after === undefined))
})

t.test('the next list finds changes lost by the event stream', async (t) => {
  const engine = createMemoryEngine()
  const [stays, goes] = [engine.add({ name: 'stays' }), engine.add({ name: 'goes' })]
  engine.events = async (_since, signal) =>
    // oxlint-disable-next-line require-yield -- a stream that never says anything
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

t.test('the engine going away', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web' })
  const gone = engine.add({ name: 'gone' })
  const { inventory, start } = setUp(t, engine)
  await start()

  engine.goAway()
  t.type(inventory.staleMs(), 'number', 'the age of what is known')
  t.match(inventory.get(id), { name: 'web' }, 'which can still be read')
  await t.rejects(inventory.whenReady(), { code: 'ENGINE_UNAVAILABLE', message: /nobody listens.*Berth keeps trying/ })

  // Without a list nobody would hear of this.
  for (const record of engine.records()) record.name = 'renamed'
  const back = new Promise<void>((resolve) => inventory.onSync(resolve))
  engine.comeBack()
  await engine.removeContainer(gone.id, { force: true, volumes: true })
  await back
  t.equal(inventory.staleMs(), null)
  t.match(inventory.get(id), { name: 'renamed' })
  t.equal(inventory.get(gone.id), undefined)
})

t.test('a stream that breaks is followed by a list of everything', async (t) => {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web' })
  const subscribe = engine.events
  const breakage = Promise.withResolvers<never>()
  engine.events = async () => {
    engine.events = subscribe
    // oxlint-disable-next-line require-yield -- it breaks before it says anything
    return (async function* () {
      await breakage.promise
    })()
  }
  const { inventory, start } = setUp(t, engine)
  await start()
  // Neither its state nor its name shows this.
  for (const record of engine.records()) record.limits = { memoryBytes: 64, cpus: null, pids: null, nofile: null }
  const again = new Promise<void>((resolve) => inventory.onSync(resolve))
  breakage.reject(new Error('connection reset'))
  await again
  t.equal(inventory.get(id)?.limits.memoryBytes, 64)
})

t.test('finding a container', async (t) => {
  const engine = createMemoryEngine()
  const tail = 'f'.repeat(56)
  engine.add({ name: 'web', id: `abcd1234${tail}` })
  engine.add({ name: 'db', id: `abcd5678${tail}` })
  // A name that is the beginning of another one's id.
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

t.test('a replaced id is forgotten with the container that took its place', async (t) => {
  const engine = createMemoryEngine()
  const replaced = '9999aaaa'.padEnd(64, 'f')
  const { id } = engine.add({ name: 'moved', labels: { 'io.berth.replaces': replaced } })
  const { inventory, start } = setUp(t, engine)
  await start()
  t.equal(inventory.find(replaced, () => true).id, id)
  inventory.removed(id)
  t.throws(() => inventory.find(replaced, () => true), { code: 'CONTAINER_NOT_FOUND' })
})

t.test('a replaced id finds the container again when a newer one came to nothing', async (t) => {
  const engine = createMemoryEngine()
  const first = '9999aaaa'.padEnd(64, 'f')
  const moved = engine.add({ name: 'moved', labels: { 'io.berth.replaces': first } })
  const newer = engine.add({ name: 'moved.berth-newcomer', labels: { 'io.berth.replaces': `${moved.id},${first}` } })
  const { inventory, start } = setUp(t, engine)
  await start()
  t.equal(inventory.find(first, () => true).id, moved.id, 'which is not asked for while the old one is there')
  t.equal(inventory.find(moved.id.slice(0, 12), () => true).id, moved.id)
  inventory.removed(newer.id)
  t.equal(inventory.find(first, () => true).id, moved.id)
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

t.test('after every list images may be others, since the stream may have lost their events', async (t) => {
  const engine = createMemoryEngine()
  const { inventory, start } = setUp(t, engine, 20)
  let told = 0
  inventory.onImages(() => told++)
  await start()
  const before = countOf(engine, 'listContainers')
  await until(() => countOf(engine, 'listContainers') > before + 1)
  t.ok(told > 1)
})

t.test('images that change are told, too', async (t) => {
  const { engine, inventory, start } = setUp(t)
  await start()
  const told = new Promise<void>((resolve) => inventory.onImages(resolve))
  engine.emit('tag', 'sha256:x', 'image')
  await told
})
