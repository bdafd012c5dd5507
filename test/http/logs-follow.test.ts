import t from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { openEvents } from '../helpers/sse.ts'
import { until } from '../helpers/until.ts'

const FOLLOW = '/containers/web/logs?follow=true'

t.test('lines arrive as they are written, and the end has a reason', async (t) => {
  const { app, engine, make } = await build(t)
  const { full_id: id } = await make({ name: 'web' })
  const before = engine.write(id, 'before')
  const stream = await openEvents(t, app, FOLLOW)
  t.equal(stream.status, 200)
  t.match(stream.headers, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': /./
  })
  await stream.first(1)
  const after = engine.write(id, 'after: ä🐳', 'stderr')
  await stream.first(2)
  engine.end(id, 3)
  t.strictSame(await stream.all(), [
    { id: before.time, event: 'stdout', data: { timestamp: before.time, line: 'before' } },
    { id: after.time, event: 'stderr', data: { timestamp: after.time, line: 'after: ä🐳' } },
    { event: 'end', data: { reason: 'exited', exit_code: 3 } }
  ])
})

t.test('Last-Event-ID resumes after its line', async (t) => {
  const { app, engine, make } = await build(t)
  const { full_id: id } = await make({ name: 'web' })
  const [, second, third] = ['one', 'two', 'three'].map((text) => engine.write(id, text))
  const stream = await openEvents(t, app, FOLLOW, { 'last-event-id': second?.time ?? '' })
  t.match(await stream.first(1), [{ id: third?.time, data: { line: 'three' } }])
})

t.test('`since` is inclusive', async (t) => {
  const { app, engine, make } = await build(t)
  const { full_id: id } = await make({ name: 'web' })
  const [, second] = ['one', 'two'].map((text) => engine.write(id, text))
  const stream = await openEvents(t, app, `${FOLLOW}&since=${second?.time ?? ''}`)
  t.match(await stream.first(1), [{ id: second?.time, data: { line: 'two' } }])
})

t.test('an empty Last-Event-ID is ignored, and an invalid one is refused', async (t) => {
  const { app, engine, make, get } = await build(t)
  const { full_id: id } = await make({ name: 'web' })
  engine.write(id, 'one')
  const stream = await openEvents(t, app, FOLLOW, { 'last-event-id': '' })
  t.match(await stream.first(1), [{ data: { line: 'one' } }])
  const answer = await get(FOLLOW, { headers: { 'last-event-id': 'nonsense' } })
  t.match(problem(t, answer, 400, 'INVALID_REQUEST').errors, [{ field: 'last-event-id' }])
})

t.test('tail limits the stream to the last lines', async (t) => {
  const { app, engine, make } = await build(t)
  const { full_id: id } = await make({ name: 'web' })
  for (const text of ['one', 'two', 'three']) engine.write(id, text)
  const stream = await openEvents(t, app, `${FOLLOW}&tail=1`)
  t.match(await stream.first(1), [{ data: { line: 'three' } }])
})

t.test('the stream of an exited container ends at once', async (t) => {
  const { app, engine, make } = await build(t)
  const { full_id: id } = await make({ name: 'web' })
  engine.write(id, 'bye')
  engine.end(id, 0)
  t.match(await (await openEvents(t, app, FOLLOW)).all(), [
    { event: 'stdout' },
    { event: 'end', data: { reason: 'exited', exit_code: 0 } }
  ])
})

t.test('a container removed during the stream', async (t) => {
  const { app, engine, make } = await build(t)
  const { full_id: id } = await make({ name: 'web' })
  const stream = await openEvents(t, app, FOLLOW)
  await engine.removeContainer(id, { force: true, volumes: true })
  t.match(await stream.all(), [{ event: 'end', data: { reason: 'removed', exit_code: null } }])
})

t.test('a failure in the middle is reported in the stream', async (t) => {
  const { app, engine, make } = await build(t)
  await make({ name: 'web' })
  engine.containerLogs = async function* () {
    yield { stream: 'stdout', time: '2026-01-01T00:00:00Z', text: 'one' }
    throw new AppError('ENGINE_UNAVAILABLE', 'The engine does not answer.')
  }
  t.match(await (await openEvents(t, app, FOLLOW)).all(), [
    { event: 'stdout' },
    { event: 'end', data: { reason: 'The engine does not answer.', code: 'ENGINE_UNAVAILABLE' } }
  ])
})

t.test('an unexpected failure shows no details', async (t) => {
  const { app, engine, make } = await build(t)
  await make({ name: 'web' })
  // oxlint-disable-next-line require-yield -- it fails before its first line
  engine.containerLogs = async function* () {
    throw new Error('a secret path')
  }
  const events = await (await openEvents(t, app, FOLLOW)).all()
  t.match(events, [{ event: 'end', data: { code: 'INTERNAL' } }])
  t.notMatch(JSON.stringify(events), 'secret')
})

t.test("a reader that disconnects ends the engine's stream, too", async (t) => {
  const { app, engine, make } = await build(t)
  const { full_id: id } = await make({ name: 'web' })
  let isOpen = false
  const follow = engine.containerLogs
  engine.containerLogs = async function* (...args) {
    isOpen = true
    try {
      yield* follow(...args)
    } finally {
      isOpen = false
    }
  }
  engine.write(id, 'one')
  const stream = await openEvents(t, app, FOLLOW)
  await stream.first(1)
  t.ok(isOpen)
  stream.close()
  await until(() => !isOpen)
})

t.test('a stopping server ends its streams with that reason', async (t) => {
  const { app, make } = await build(t)
  await make({ name: 'web' })
  const stream = await openEvents(t, app, FOLLOW)
  const closing = app.close()
  t.strictSame(await stream.all(), [{ event: 'end', data: { reason: 'the server is stopping' } }])
  await closing
})

t.test('many readers of one container', async (t) => {
  const { app, engine, make } = await build(t)
  const { full_id: id } = await make({ name: 'web' })
  engine.write(id, 'one')
  const streams = await Promise.all(Array.from({ length: 20 }, () => openEvents(t, app, FOLLOW)))
  engine.end(id, 0)
  for (const stream of streams) t.match(await stream.all(), [{ data: { line: 'one' } }, { event: 'end' }])
})
