// Creates for which the engine's answer is lost, or does not name the new container.

import t from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { leavesNothing } from '../helpers/leaves-nothing.ts'
import type { MemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

t.test('if the answer to the create is lost', async (t) => {
  const lost = (engine: MemoryEngine) => {
    const create = engine.createContainer
    engine.createContainer = async (...args) => {
      await create(...args)
      throw new AppError('ENGINE_TIMEOUT', 'The engine did not create the container in time.')
    }
  }

  t.test('Berth finds the container by its attempt', async (t) => {
    const { engine, make, store } = await build(t)
    lost(engine)
    t.match(await make({ name: 'web' }), { name: 'web', state: 'running' })
    t.equal(engine.records().length, 1)
    t.strictSame(await store.intents.all(), [])
  })

  t.test('Berth finds a container that the answer does not name', async (t) => {
    const { engine, make, store } = await build(t)
    const create = engine.createContainer
    engine.createContainer = async (...args) => {
      await create(...args)
      throw new AppError('ENGINE_FAILED', 'The engine did not say which container it made.')
    }
    t.match(await make({ name: 'web' }), { name: 'web', state: 'running' })
    t.equal(engine.records().length, 1)
    t.strictSame(await store.intents.all(), [])
  })

  t.test('Berth does nothing to another container that the answer names', async (t) => {
    const { engine, make, store } = await build(t)
    const foreign = engine.add({ name: 'foreign', state: 'exited' })
    const create = engine.createContainer
    engine.createContainer = async (...args) => ({ ...(await create(...args)), id: foreign.id })
    const made = await make({ name: 'web' })
    t.match(made, { name: 'web', state: 'running' })
    t.not(made.full_id, foreign.id)
    t.strictSame(
      engine.records().map(({ name, state }) => `${name} ${state}`),
      ['foreign exited', 'web running']
    )
    t.strictSame(await store.intents.all(), [])
  })

  t.test('Berth removes a container that appears after the error, with its volume', async (t) => {
    const server = await build(t)
    const { engine, post, store } = server
    const create = engine.createContainer
    const late = Promise.withResolvers<void>()
    engine.createContainer = async (name, spec) => {
      void late.promise.then(() => create(name, spec))
      throw new AppError('ENGINE_TIMEOUT', 'The engine did not create the container in time.')
    }
    const volumes = [{ source: 'data', target: '/data' }]
    problem(t, await post('/containers', { volumes }), 504, 'ENGINE_TIMEOUT')
    t.equal((await store.intents.all()).length, 1)
    t.equal(engine.volumes.size, 0)
    late.resolve()
    await until(async () => (await store.intents.all()).length === 0)
    await leavesNothing(t, server)
  })
})

t.test('Berth repeats a start whose answer was lost', async (t) => {
  const { engine, make } = await build(t)
  const start = engine.startContainer
  let starts = 0
  engine.startContainer = async (id) => {
    await start(id)
    if (++starts === 1) throw new AppError('ENGINE_UNAVAILABLE', 'socket hang up')
  }
  t.match(await make(), { state: 'running' })
  t.equal(starts, 2)
})
