import t from 'tap'
import type { Test } from 'tap'
import { createAttempts } from '../../../src/containers/attempts.ts'
import { createRemoval } from '../../../src/containers/removal.ts'
import { createSettling } from '../../../src/containers/settling.ts'
import { createVolumes } from '../../../src/containers/volumes.ts'
import { createInventory } from '../../../src/inventory/inventory.ts'
import { AppError } from '../../../src/errors.ts'
import type { Store } from '../../../src/store/contract/store.ts'
import { openStore } from '../../../src/store/sqlite/open.ts'
import { createMemoryEngine, type MemoryEngine } from '../../helpers/memory-engine.ts'
import { binding, idOf, silentLog } from '../../helpers/records.ts'
import { until } from '../../helpers/until.ts'

type Log = Parameters<typeof createAttempts>[0]['log']

const MINUTES = 60_000

/** A server that starts with what an earlier one left in its store and in the engine. */
async function startWith(
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
    /** Which of these were past the point of no return. */
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

const isSettled = (store: Store) => async () => (await store.intents.all()).length === 0
const labels = (attempt: string, more: Record<string, string> = {}) => ({
  'io.berth.managed': 'true',
  'io.berth.attempt': attempt,
  'io.berth.start': 'true',
  ...more
})
const states = (engine: MemoryEngine) => engine.records().map(({ name, state }) => `${name} ${state}`)

t.test('a half-made container that nobody can ask for again is removed', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'created', state: 'created', labels: labels('one') })
  engine.add({ name: 'running', labels: labels('two') })
  engine.add({ name: 'answered', labels: labels('three') })
  engine.add({ name: 'foreign' })
  const { store } = await startWith(t, { engine, left: [['one'], ['two']] })
  await until(isSettled(store))
  t.strictSame(states(engine), ['answered running', 'foreign running'])
  for (const { name, args } of engine.calls)
    if (name === 'removeContainer') t.match(args[1], { volumes: true }, 'with what it made')
})

t.test('the volumes of an attempt go with it, or alone, unless others use them', async (t) => {
  const engine = createMemoryEngine()
  for (const [name, attempt] of [
    ['of-container', 'one'],
    ['alone', 'two'],
    ['used', 'two'],
    ['answered', 'three'],
    ['of-key', 'four']
  ] as const)
    await engine.createVolume(name, { 'io.berth.attempt': attempt })
  const mount = (source: string) => [{ source, target: '/data', readOnly: false }]
  engine.add({ name: 'half', labels: labels('one'), volumes: mount('of-container') })
  engine.add({ name: 'other', volumes: mount('used') })
  engine.add({ name: 'keyed', labels: labels('four', { 'io.berth.idempotency-key': 'key' }), volumes: mount('of-key') })
  await startWith(t, { engine, left: [['one'], ['two'], ['four']] })
  await until(() => engine.volumes.size === 3)
  t.strictSame([...engine.volumes.keys()], ['used', 'answered', 'of-key'])
})

t.test('one with a key is finished, since its client will ask again', async (t) => {
  const engine = createMemoryEngine()
  const key = { 'io.berth.idempotency-key': 'key' }
  engine.add({ name: 'half', state: 'created', labels: labels('one', key) })
  engine.add({ name: 'not-to-start', state: 'created', labels: labels('two', { ...key, 'io.berth.start': 'false' }) })
  engine.add({ name: 'ended', state: 'exited', labels: labels('three', key) })
  const { store, inventory } = await startWith(t, { engine, left: [['one'], ['two'], ['three']] })
  await until(isSettled(store))
  t.strictSame(states(engine), ['half running', 'not-to-start created', 'ended exited'])
  t.equal(inventory.find('half', () => true).state, 'running')
})

t.test('one with a key whose port went to somebody else is removed, so that it can be made anew', async (t) => {
  const engine = createMemoryEngine()
  engine.foreignPorts.add(8001)
  engine.add({
    name: 'half',
    state: 'created',
    ports: [binding(8001)],
    labels: labels('one', { 'io.berth.idempotency-key': 'key' })
  })
  const { store } = await startWith(t, { engine, left: [['one']] })
  await until(isSettled(store))
  t.strictSame(states(engine), [])
})

t.test('one with a key that can never start is removed, so that it can be made anew', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'half', state: 'created', labels: labels('one', { 'io.berth.idempotency-key': 'key' }) })
  engine.startContainer = async () => {
    throw new AppError('CONTAINER_STUCK', 'task 4711: already exists')
  }
  const { store } = await startWith(t, { engine, left: [['one']] })
  await until(isSettled(store))
  t.strictSame(states(engine), [])
})

t.test('one with a key that is on its way out is removed, and not started', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'half', state: 'dead', labels: labels('one', { 'io.berth.idempotency-key': 'key' }) })
  const { store } = await startWith(t, { engine, left: [['one']] })
  await until(isSettled(store))
  t.strictSame(states(engine), [])
})

t.test('a replacement', async (t) => {
  const old = idOf('old')
  const newcomer = { name: 'web.berth-newcomer', labels: labels('one', { 'io.berth.replaces': old }) }

  t.test('is undone while the old container is there', async (t) => {
    const engine = createMemoryEngine()
    engine.add({ id: old, name: 'web', state: 'exited' })
    engine.add(newcomer)
    const { store } = await startWith(t, { engine, left: [['one']] })
    await until(isSettled(store))
    t.strictSame(states(engine), ['web exited'])
    const removal = engine.calls.find(({ name }) => name === 'removeContainer')
    t.match(removal?.args[1], { volumes: false }, 'and leaves the volumes, which are the old one’s')
  })

  t.test('is finished while the old container is there, when that was asked to go', async (t) => {
    const engine = createMemoryEngine()
    engine.add({ id: old, name: 'web', state: 'exited' })
    engine.add(newcomer)
    const { store } = await startWith(t, { engine, left: [['one']], final: ['one'] })
    await until(isSettled(store))
    t.strictSame(states(engine), ['web running'])
    const removal = engine.calls.find(({ name }) => name === 'removeContainer')
    t.match(removal?.args, [old, { volumes: false }])
  })

  t.test('gets its name when the old one is gone', async (t) => {
    const engine = createMemoryEngine()
    engine.add(newcomer)
    const { store, inventory } = await startWith(t, { engine, left: [['one']] })
    await until(isSettled(store))
    t.strictSame(states(engine), ['web running'])
    t.equal(inventory.find(old, () => true).name, 'web')
  })

  t.test('that has its name needs nothing', async (t) => {
    const engine = createMemoryEngine()
    engine.add({ ...newcomer, name: 'web' })
    const { store } = await startWith(t, { engine, left: [['one']] })
    await until(isSettled(store))
    t.strictSame(states(engine), ['web running'])
    t.strictSame(engine.writes(), [])
  })
})

t.test('a container that shows up late is settled then', async (t) => {
  const engine = createMemoryEngine()
  const { store } = await startWith(t, { engine, left: [['one']] })
  t.equal((await store.intents.all()).length, 1, 'the engine may still carry it out')
  engine.add({ name: 'late', state: 'created', labels: labels('one') })
  await until(isSettled(store))
  t.strictSame(states(engine), [])
})

t.test('what never shows up is forgotten after a while', async (t) => {
  const now = Date.now()
  const { store } = await startWith(t, {
    engine: createMemoryEngine(),
    left: [
      ['old', now - 11 * MINUTES],
      ['young', now - 9 * MINUTES]
    ]
  })
  await until(async () => (await store.intents.all()).length === 1)
  t.match(await store.intents.all(), [{ attempt: 'young' }])
})

t.test('a removal that fails is tried again', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'half', state: 'created', labels: labels('one') })
  const remove = engine.removeContainer
  let tries = 0
  engine.removeContainer = async (...args) => {
    if (++tries === 1) throw new AppError('ENGINE_FAILED', 'not now')
    return remove(...args)
  }
  const { store, inventory } = await startWith(t, { engine, left: [['one']] })
  for (const { id } of inventory.all()) await inventory.refresh(id)
  await until(isSettled(store))
  t.strictSame(states(engine), [])
  t.equal(tries, 2)
})

t.test('an attempt', async (t) => {
  t.test('is written down while it runs', async (t) => {
    const { attempts, store } = await startWith(t, { engine: createMemoryEngine() })
    const result = await attempts.run('one', async () => {
      t.match(await store.intents.all(), [{ attempt: 'one' }])
      return 'made'
    })
    t.equal(result, 'made')
    t.strictSame(await store.intents.all(), [])
  })

  t.test('that failed for sure leaves nothing', async (t) => {
    const { attempts, store } = await startWith(t, { engine: createMemoryEngine() })
    for (const code of ['CONTAINER_NAME_TAKEN', 'IMAGE_NOT_FOUND', 'PORT_UNAVAILABLE', 'WAIT_TIMEOUT'] as const) {
      const failing = attempts.run('one', async () => {
        throw new AppError(code, 'no')
      })
      await t.rejects(failing, { code })
      t.strictSame(await store.intents.all(), [], code)
    }
  })

  t.test('of which something may be left is seen to as soon as that shows', async (t) => {
    for (const code of ['ENGINE_TIMEOUT', 'ENGINE_UNAVAILABLE', 'ENGINE_FAILED'] as const) {
      const engine = createMemoryEngine()
      const { attempts, store } = await startWith(t, { engine })
      const failing = attempts.run('one', async () => {
        throw new AppError(code, 'who knows')
      })
      await t.rejects(failing, { code })
      t.match(await store.intents.all(), [{ attempt: 'one' }], code)
      engine.add({ name: 'late', state: 'created', labels: labels('one') })
      await until(isSettled(store))
      t.strictSame(states(engine), [])
    }
  })
})

t.test('an attempt that the disk does not keep is not begun', async (t) => {
  const engine = createMemoryEngine()
  const lost = new Error('EIO: i/o error, fdatasync')
  const { attempts, store } = await startWith(t, { engine, flush: () => Promise.reject(lost) })
  const failing = attempts.run('one', async () => t.fail('the engine would hear of it'))
  await t.rejects(failing, { code: 'AUDIT_FAILED', message: /nothing was made.*restart Berth/, cause: lost })
  t.strictSame(await store.intents.all(), [])
})

t.test('an attempt whose point of no return the disk does not keep is taken back', async (t) => {
  const engine = createMemoryEngine()
  let flushes = 0
  const flush = async () => {
    if (++flushes === 2) throw new Error('EIO: i/o error, fdatasync')
  }
  const { attempts, store } = await startWith(t, { engine, flush })
  let isTaken = false
  const failing = attempts.run('one', async (undo) => {
    undo.add('take it back', async () => ((isTaken = true), 'undone'))
    await undo.passPointOfNoReturn()
    t.fail('the engine would hear of it')
  })
  await t.rejects(failing, { code: 'AUDIT_FAILED' })
  t.ok(isTaken)
  t.strictSame(await store.intents.all(), [])
})

t.test('what an attempt made is taken back, last first, when it fails', async (t) => {
  const engine = createMemoryEngine()
  const { attempts, store } = await startWith(t, { engine })
  const taken: string[] = []
  const failing = attempts.run('one', async (undo) => {
    undo.add('take back the first', async () => (taken.push('first'), 'undone'))
    undo.add('take back the second', async () => (taken.push('second'), 'not needed'))
    throw new AppError('CONTAINER_START_FAILED', 'no')
  })
  await t.rejects(failing, { code: 'CONTAINER_START_FAILED' })
  t.strictSame(taken, ['second', 'first'])
  t.strictSame(await store.intents.all(), [])
})

t.test('an undo whose end is not known hides neither the failure nor what else is to be taken back', async (t) => {
  const engine = createMemoryEngine()
  const { attempts, store } = await startWith(t, { engine })
  let isTaken = false
  const failing = attempts.run('one', async (undo) => {
    undo.add('take back the first', async () => ((isTaken = true), 'undone'))
    undo.add('take back the second', async () => {
      throw new Error('socket hang up')
    })
    throw new AppError('CONTAINER_START_FAILED', 'no')
  })
  await t.rejects(failing, { code: 'CONTAINER_START_FAILED' })
  t.ok(isTaken)
  t.match(await store.intents.all(), [{ attempt: 'one' }], 'it stays written down')
})

t.test('what cannot be settled is said once and tried again, ever less often', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'half', state: 'created', labels: labels('one') })
  let tries = 0
  engine.removeContainer = async () => {
    tries++
    throw new AppError('ENGINE_FAILED', 'not now')
  }
  const said: string[] = []
  const log = { ...silentLog, warn: (_: object, message: string) => void said.push(message) }
  const { inventory } = await startWith(t, { engine, left: [['one']], log })
  await until(() => tries === 1)
  for (let round = 0; round < 5; round++) for (const { id } of inventory.all()) await inventory.refresh(id)
  t.equal(tries, 1, 'not at every event')
  await until(() => tries === 2)
  t.equal(said.length, 1)
})

t.test('a failed attempt whose container gives no sign any more is seen to all the same', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'half', labels: labels('one') })
  engine.add({ name: 'foreign' })
  const { attempts, store } = await startWith(t, { engine })
  const failing = attempts.run('one', async () => {
    throw new AppError('ENGINE_TIMEOUT', 'The engine did not remove the container in time.')
  })
  await t.rejects(failing, { code: 'ENGINE_TIMEOUT' })
  await until(isSettled(store), 10_000)
  t.strictSame(states(engine), ['foreign running'])
})
