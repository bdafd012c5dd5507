// An attempt while it runs, and after it fails.

import t from 'tap'
import { AppError } from '../../../src/errors.ts'
import { isSettled, labels, startWith, states } from '../../helpers/attempts.ts'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { until } from '../../helpers/until.ts'

t.test('an attempt', async (t) => {
  t.test('is on record while it runs', async (t) => {
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

  t.test('that may have left something is settled as soon as that appears', async (t) => {
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

t.test('an attempt that cannot be written to disk does not begin', async (t) => {
  const engine = createMemoryEngine()
  const lost = new Error('EIO: i/o error, fdatasync')
  const { attempts, store } = await startWith(t, { engine, flush: () => Promise.reject(lost) })
  const failing = attempts.run('one', async () => t.fail('the engine would hear of it'))
  await t.rejects(failing, { code: 'AUDIT_FAILED', message: /nothing was made.*restart Berth/, cause: lost })
  t.strictSame(await store.intents.all(), [])
})

t.test('an attempt that an unavailable store cannot delete stays on record until the store returns', async (t) => {
  const engine = createMemoryEngine()
  const { attempts, store } = await startWith(t, { engine })
  const { remove } = store.intents
  const away = new AppError('STORE_UNAVAILABLE', 'away')
  store.intents.remove = () => Promise.reject(away)
  const undone: string[] = []
  const failing = attempts.run('one', async (undo) => {
    undo.add('take it back', async () => (undone.push('one'), 'undone'))
  })
  await t.rejects(failing, away)
  t.strictSame(undone, ['one'], 'an attempt that stays on record is undone')
  t.equal(attempts.isOnRecord('one'), true)
  store.intents.remove = remove
  engine.add({ name: 'late', state: 'created', labels: labels('one') })
  await until(isSettled(store))
  t.equal(attempts.isOnRecord('one'), false)
})

t.test('an attempt whose point of no return cannot be written to disk is undone', async (t) => {
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

t.test('a failed attempt is undone in reverse order', async (t) => {
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

t.test('an undo with an unknown outcome hides neither the failure nor the other undo steps', async (t) => {
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
  t.match(await store.intents.all(), [{ attempt: 'one' }], 'it stays on record')
})

t.test('a failed attempt is settled even if its container causes no further event', async (t) => {
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
