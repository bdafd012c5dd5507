// A token that is revoked or expires ends its streams and long answers within a second. So does the first token
// for callers that needed none before.

import t, { type Test } from 'tap'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build, problem } from '../helpers/build.ts'
import { openEvents } from '../helpers/sse.ts'
import { addToken, bearer } from '../helpers/tokens.ts'

async function serve(t: Test, expiresAt?: number) {
  const store = openStore(':memory:')
  const admin = bearer(await addToken(store, { name: 'admin', scopes: ['admin'] }))
  const given = {
    name: 'reader',
    scopes: ['read', 'containers:write'],
    ...(expiresAt !== undefined && { expiresAt })
  } as const
  const reader = bearer(await addToken(store, given))
  const server = await build(t, { store, early: true })
  await server.ask('POST', '/containers/-/start', { headers: admin })
  await server.post('/containers', { name: 'web' }, reader)
  return { ...server, admin, reader }
}

t.test('a revoked token ends its streams and its waits', async (t) => {
  const { app, ask, get, admin, reader } = await serve(t)
  const streams = await Promise.all(
    ['/events', '/stats/stream', '/containers/web/logs?follow=true'].map((path) => openEvents(t, app, path, reader))
  )
  const other = await openEvents(t, app, '/events', admin)
  const wait = get('/containers/web/wait?timeout_seconds=300', { headers: reader })
  await streams[0]?.first(0)
  const revoked = performance.now()
  t.equal((await ask('DELETE', '/tokens/reader', { headers: admin })).statusCode, 200)
  for (const stream of streams) t.match((await stream.all()).at(-1), { event: 'end', data: { code: 'UNAUTHORIZED' } })
  problem(t, await wait, 401, 'UNAUTHORIZED')
  t.comment(`all ended within ${Math.round(performance.now() - revoked)} ms`)
  t.equal((await get('/containers/web', { headers: admin })).statusCode, 200)
  t.notOk(
    other.events.some(({ event }) => event === 'end'),
    'those of others continue'
  )
})

t.test('an expired token ends its streams', async (t) => {
  const { app, reader } = await serve(t, Date.now() + 3_000)
  const stream = await openEvents(t, app, '/events', reader)
  t.equal(stream.status, 200)
  t.match((await stream.all()).at(-1), { event: 'end', data: { reason: /expired/, code: 'UNAUTHORIZED' } })
})

t.test('the first token ends streams opened without one', async (t) => {
  const { app, ask, get, post } = await build(t, {})
  await post('/containers', { name: 'web' })
  const streams = await Promise.all(['/events', '/stats/stream'].map((path) => openEvents(t, app, path)))
  const wait = get('/containers/web/wait?timeout_seconds=300')
  await streams[0]?.first(0)
  const made = await post('/tokens', { name: 'boss', scopes: ['admin'] })
  t.equal(made.statusCode, 201, made.body)
  for (const stream of streams) t.match((await stream.all()).at(-1), { event: 'end', data: { code: 'UNAUTHORIZED' } })
  problem(t, await wait, 401, 'UNAUTHORIZED')

  const headers = bearer(made.json<{ token: string }>().token)
  t.equal((await ask('DELETE', '/tokens/boss', { headers })).statusCode, 200)
  const again = await openEvents(t, app, '/events')
  t.equal(again.status, 200, 'without the last token none is needed')
})
