// Unfinished attempts that a server finds.

import t from 'tap'
import { AppError } from '../../../src/errors.ts'
import { isSettled, labels, startWith, states } from '../../helpers/attempts.ts'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { binding, idOf, silentLog } from '../../helpers/records.ts'
import { until } from '../../helpers/until.ts'

const MINUTES = 60_000

t.test('a half-made container that no client can request again is removed', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'created', state: 'created', labels: labels('one') })
  engine.add({ name: 'running', labels: labels('two') })
  engine.add({ name: 'answered', labels: labels('three') })
  engine.add({ name: 'foreign' })
  const { store } = await startWith(t, { engine, left: [['one'], ['two']] })
  await until(isSettled(store))
  t.strictSame(states(engine), ['answered running', 'foreign running'])
  for (const { name, args } of engine.calls)
    if (name === 'removeContainer') t.match(args[1], { volumes: true }, 'with its volumes')
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

t.test('a container with a key is finished, since its client will retry', async (t) => {
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

t.test('a container with a key whose port was taken is removed, so that it can be recreated', async (t) => {
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

t.test('a container with a key that can never start is removed, so that it can be recreated', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'half', state: 'created', labels: labels('one', { 'io.berth.idempotency-key': 'key' }) })
  engine.startContainer = async () => {
    throw new AppError('CONTAINER_STUCK', 'task 4711: already exists')
  }
  const { store } = await startWith(t, { engine, left: [['one']] })
  await until(isSettled(store))
  t.strictSame(states(engine), [])
})

t.test('a container with a key that is being removed is not started', async (t) => {
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

  t.test('is finished while the old container is there, if its removal was requested', async (t) => {
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

t.test('an intent without a container is dropped after a while', async (t) => {
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

t.test('a failure to settle is logged once and retried with backoff', async (t) => {
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
  t.equal(tries, 1, 'not on every event')
  await until(() => tries === 2)
  t.equal(said.length, 1)
})
