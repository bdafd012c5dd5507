import t from 'tap'
import { AppError } from '../../src/errors.ts'
import { problem } from '../helpers/build.ts'
import { heldEngine, serveBuilds } from '../helpers/build-server.ts'
import { openEvents } from '../helpers/sse.ts'
import { until } from '../helpers/until.ts'

t.test('a log is followed live, and resumed where it broke off', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, app, ended, get } = await serveBuilds(t, { engine })
  const { id } = await submit()
  const held = await next(0)
  const early = await openEvents(t, app, `/builds/${id}/logs`, { accept: 'text/event-stream' })
  held.say('one')
  held.say('zwei 漢🐳')
  const [first, second] = await early.first(2)
  t.match(
    [first, second],
    [
      { event: 'line', data: { line: 'one' } },
      { event: 'line', data: { line: 'zwei 漢🐳' } }
    ]
  )
  early.close()
  held.say('three')
  const later = await openEvents(t, app, `/builds/${id}/logs?follow=true`, { 'last-event-id': first?.id ?? '' })
  held.end()
  const all = await later.all()
  t.match(all, [
    { data: { line: 'zwei 漢🐳' }, id: second?.id ?? '' },
    { data: { line: 'three' } },
    { data: { line: 'Step 1/1 : FROM scratch' } },
    {
      event: 'end',
      data: { reason: 'the build is finished', status: 'completed', build: 'completed', push: 'skipped' }
    }
  ])
  t.equal(all.length, 4)
  await ended(id)
  const late = await openEvents(t, app, `/builds/${id}/logs?follow=true`)
  t.equal((await late.all()).length, 5)
  const pastTheEnd = await openEvents(t, app, `/builds/${id}/logs?follow=true`, { 'last-event-id': all[2]?.id ?? '' })
  t.same(
    (await pastTheEnd.all()).map(({ event }) => event),
    ['end']
  )
  for (const query of ['offset=-1', 'offset=x', 'offset=1e30', 'follow=maybe'])
    problem(t, await get(`/builds/${id}/logs?${query}`), 400, 'INVALID_REQUEST')
  t.equal((await get(`/builds/${id}/logs?offset=${Number.MAX_SAFE_INTEGER}`)).body, '')
  const bad = await get(`/builds/${id}/logs`, { headers: { 'last-event-id': 'x' } })
  problem(t, bad, 400, 'INVALID_REQUEST')
})

t.test('builds wait for an engine that is away, and resume after one that went away', async (t) => {
  const { engine, next } = heldEngine()
  engine.goAway()
  const { submit, get, ended } = await serveBuilds(t, { engine, early: true })
  const { id } = await submit()
  t.match((await get(`/builds/${id}`)).json(), { status: 'pending', queue_position: 0 })
  engine.comeBack()
  const first = await next(0)
  first.say('begun')
  engine.goAway()
  first.end(new AppError('ENGINE_UNAVAILABLE', 'The engine went away.'))
  await until(async () => (await get(`/builds/${id}`)).json().status === 'pending')
  engine.comeBack()
  ;(await next(1)).end()
  t.match(await ended(id), { status: 'completed' })
  t.match((await get(`/builds/${id}/logs`)).body, /^begun\nINTERRUPTED: The engine went away\. It resumes later\.\n/)
})

t.test('the server is stopped while builds wait and run', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, app } = await serveBuilds(t, { engine, env: { BERTH_BUILD_CONCURRENCY: '1' } })
  await submit()
  await submit()
  const held = await next(0)
  await app.close()
  t.ok(held.signal.aborted)
})

t.test('the log of a finished build says at once whether it is complete', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, ended } = await serveBuilds(t, { engine, env: { BERTH_BUILD_LOG_MAX: '1k' } })
  for (let index = 0; index < 20; index++) {
    const { id } = await submit()
    const builder = await next(index)
    for (let line = 0; line < 100; line++) builder.say('x'.repeat(1000))
    builder.end()
    t.equal((await ended(id)).log_truncated, true)
  }
})
