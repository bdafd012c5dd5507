import t from 'tap'
import { AppError } from '../../src/errors.ts'
import { problem } from '../helpers/build.ts'
import { heldEngine, serveBuilds } from '../helpers/build-server.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { openEvents } from '../helpers/sse.ts'
import { until } from '../helpers/until.ts'

t.test('retry, cancel and delete in every state', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, ask, get, post, ended } = await serveBuilds(t, { engine, env: { BERTH_BUILD_CONCURRENCY: '1' } })
  const { id } = await submit()
  const waiting = await submit()
  const first = await next(0)

  // In progress and waiting.
  for (const one of [id, waiting.id]) {
    problem(t, await post(`/builds/${one}/retry`), 409, 'BUILD_RUNNING')
    problem(t, await ask('DELETE', `/builds/${one}`), 409, 'BUILD_RUNNING')
  }

  // Cancelled while it waits; the other is cancelled while it runs.
  t.match((await post(`/builds/${waiting.id}/cancel`)).json(), { status: 'cancelled', build: { status: 'cancelled' } })
  first.say('so far')
  await until(async () => (await get(`/builds/${id}/logs`)).body === 'so far\n')
  const cancelled = await post(`/builds/${id}/cancel`)
  t.match(cancelled.json(), { status: 'cancelled', build: { status: 'cancelled', reason: 'It was cancelled.' } })
  t.ok(first.signal.aborted, 'the engine is told to stop')
  t.equal((await get(`/builds/${id}/logs`)).body, 'so far\nCANCELLED\n')
  problem(t, await post(`/builds/${id}/cancel`), 409, 'BUILD_FINISHED')

  // Retried, and failed.
  const again = await post(`/builds/${id}/retry`)
  t.equal(again.statusCode, 202)
  t.match(again.json(), { finished_at: null, build: { reason: null } })
  ;(await next(1)).end(new AppError('BUILD_FAILED', '[2/2] RUN x: exit code: 1'))
  t.match(await ended(id), {
    status: 'failed',
    build: { status: 'failed', code: 'BUILD_FAILED', reason: '[2/2] RUN x: exit code: 1', retryable: false },
    push: { status: 'skipped' }
  })
  t.match((await get(`/builds/${id}/logs`)).body, /\nFAILED: \[2\/2\] RUN x: exit code: 1\n$/)
  problem(t, await post(`/builds/${id}/cancel`), 409, 'BUILD_FINISHED')
  problem(t, await post(`/builds/${id}/retry`, { registry_username: 'x' }), 400, 'INVALID_REQUEST')
  problem(t, await post(`/builds/${id}/retry`, { colour: 'x' }), 400, 'INVALID_REQUEST')
  t.match((await get(`/builds/${id}`)).json(), { status: 'failed' }, 'a refused retry changes nothing')

  // Retried, and completed.
  t.equal((await post(`/builds/${id}/retry`)).statusCode, 202)
  ;(await next(2)).end()
  t.match(await ended(id), { status: 'completed' })
  t.match(problem(t, await post(`/builds/${id}/retry`), 409, 'BUILD_NOT_FAILED').detail, /submit a new build/)
  problem(t, await post(`/builds/${id}/cancel`), 409, 'BUILD_FINISHED')

  // Removed with its image.
  const removed = await ask('DELETE', `/builds/${id}`)
  t.match(removed.json(), { id, images_removed: ['web:latest'], images_kept: [] })
  problem(t, await get(`/builds/${id}`), 404, 'BUILD_NOT_FOUND')
  problem(t, await get(`/builds/${id}/logs`), 404, 'BUILD_NOT_FOUND')

  // Removed while it runs.
  const last = await submit()
  const held = await next(3)
  t.equal((await ask('DELETE', `/builds/${last.id}?force=true`)).statusCode, 200)
  t.ok(held.signal.aborted)
  problem(t, await get(`/builds/${last.id}`), 404, 'BUILD_NOT_FOUND')
})

t.test('retry and delete at the moment a build ends', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, app, ask, post, get } = await serveBuilds(t, { engine })
  for (const verb of ['retry', 'delete'] as const) {
    const index = verb === 'retry' ? 0 : 2
    const { id } = await submit()
    const held = await next(index)
    const events = await openEvents(t, app, `/builds/${id}/logs?follow=true`)
    held.end(new AppError('BUILD_FAILED', 'no'))
    await until(() => events.events.some(({ event }) => event === 'end'))
    const answer =
      verb === 'retry' ? await post(`/builds/${id}/retry`) : await ask('DELETE', `/builds/${id}?keep_image=true`)
    t.equal(answer.statusCode, verb === 'retry' ? 202 : 200, answer.body)
    if (verb === 'retry') {
      ;(await next(1)).end()
      await until(async () => (await get(`/builds/${id}`)).json().status === 'completed')
    }
  }
})

t.test('the image of a build stays if another build made it, too, or on request', async (t) => {
  const { submit, ended, ask, engine } = await serveBuilds(t)
  const [one, two] = [await submit(), await submit()]
  for (const { id } of [one, two]) await ended(id)
  t.match((await ask('DELETE', `/builds/${one.id}`)).json(), {
    images_removed: [],
    images_kept: [{ reference: 'web:latest', reason: /Another build/ }]
  })
  t.match((await ask('DELETE', `/builds/${two.id}?keep_image=true`)).json(), { images_removed: [], images_kept: [] })
  t.ok(await engine.inspectImage('web:latest'))
  const three = await submit()
  await ended(three.id)
  t.match((await ask('DELETE', `/builds/${three.id}`)).json(), { images_removed: ['web:latest'] })
})

t.test('an image that the engine refuses to remove is kept and reported', async (t) => {
  const engine = createMemoryEngine()
  const { submit, ended, ask } = await serveBuilds(t, { engine })
  const { id } = await submit()
  await ended(id)
  engine.removeImage = async () => {
    throw new AppError('IMAGE_IN_USE', 'A container uses it.')
  }
  const { statusCode, body } = await ask('DELETE', `/builds/${id}`)
  t.equal(statusCode, 200, body)
  t.match(JSON.parse(body), { images_removed: [], images_kept: [{ reference: 'web:latest', reason: /uses it/ }] })
})

t.test('a build is cancelled while its container becomes ready', async (t) => {
  const { submit, get, post, ended, engine } = await serveBuilds(t)
  const run = { name: 'web', healthcheck: { test: ['CMD', 'true'] }, wait: 'healthy', wait_timeout_seconds: 300 }
  const { id } = await submit({ run: JSON.stringify(run) })
  await until(() => engine.records().some(({ name, state }) => name === 'web' && state === 'running'))
  t.match((await post(`/builds/${id}/cancel`)).json(), { status: 'cancelled', run: { status: 'cancelled' } })
  t.strictSame(engine.records(), [], 'which is gone with it')
  t.match(await ended(id), { build: { status: 'completed' }, run: { container_id: null } })
  t.equal((await get(`/builds/${id}/logs`)).body.trim().split('\n').at(-1), 'CANCELLED')
})
