// A retry with its Idempotency-Key when the container of the key is gone or about to go.

import t from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { until } from '../helpers/until.ts'

const key = (value: string) => ({ 'idempotency-key': value })

t.test('the key of a removed container creates a new one', async (t) => {
  const { post, ask } = await build(t)
  const { id } = (await post('/containers', {}, key('one'))).json()
  await ask('DELETE', `/containers/${id}?force=true`)
  const again = await post('/containers', {}, key('one'))
  t.equal(again.statusCode, 201)
  t.not(again.json().id, id)
})

t.test('a container that is being removed is recreated, not returned', async (t) => {
  t.test('while Berth undoes an earlier failure', async (t) => {
    const { post, engine } = await build(t)
    const { startContainer: start, removeContainer: remove } = engine
    engine.startContainer = async () => {
      throw new AppError('CONTAINER_START_FAILED', 'no')
    }
    engine.removeContainer = async () => {
      throw new AppError('ENGINE_TIMEOUT', 'The engine did not remove the container in time.')
    }
    problem(t, await post('/containers', {}, key('one')), 422, 'CONTAINER_START_FAILED')
    const [left] = engine.records()
    const removing = Promise.withResolvers<void>()
    const proceed = Promise.withResolvers<void>()
    engine.removeContainer = async (...args) => {
      removing.resolve()
      await proceed.promise
      return remove(...args)
    }
    const again = post('/containers', {}, key('one'))
    await removing.promise
    engine.startContainer = start
    proceed.resolve()
    const answer = await again
    t.match(answer.json(), { state: 'running' }, answer.body)
    t.not(answer.json().full_id, left?.id)
    t.equal(engine.records().length, 1)
  })

  t.test('while a client removes it', async (t) => {
    const { ask, post, engine } = await build(t)
    const first = await post('/containers', {}, key('one'))
    const remove = engine.removeContainer
    const removing = Promise.withResolvers<void>()
    const proceed = Promise.withResolvers<void>()
    engine.removeContainer = async (...args) => {
      removing.resolve()
      await proceed.promise
      return remove(...args)
    }
    const gone = ask('DELETE', `/containers/${first.json().id}?force=true`)
    await removing.promise
    const again = post('/containers', {}, key('one'))
    proceed.resolve()
    t.equal((await gone).statusCode, 200)
    const answer = await again
    t.match(answer.json(), { state: 'running' }, answer.body)
    t.not(answer.json().full_id, first.json().full_id)
  })

  for (const state of ['removing', 'dead'] as const) {
    t.test(`in the state ${state}`, async (t) => {
      const { post, engine } = await build(t)
      const first = await post('/containers', {}, key('one'))
      engine.change(first.json().full_id, 'die', { state })
      await until(async () => (await engine.inspectContainer(first.json().full_id))?.state === state)
      const answer = await post('/containers', {}, key('one'))
      t.match(answer.json(), { state: 'running' }, answer.body)
      t.not(answer.json().full_id, first.json().full_id)
      t.equal(engine.records().length, 1)
    })
  }

  t.test('if it never ran and the engine can no longer start it', async (t) => {
    const { post, engine } = await build(t)
    await post('/containers', {}, key('one'))
    const [half] = engine.records()
    engine.change(half?.id ?? '', 'die', { state: 'created', startedAt: null, pid: null })
    const start = engine.startContainer
    engine.startContainer = async (id) => {
      if (id === half?.id) throw new AppError('CONTAINER_STUCK', 'task 4711: already exists')
      return start(id)
    }
    await until(async () => (await post('/containers', {}, key('one'))).json().full_id !== half?.id)
    t.match(engine.records(), [{ state: 'running', name: half?.name }])
  })
})
