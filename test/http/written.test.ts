// Human forms of requests, over HTTP: the answer has the exact forms.

import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { serveBuilds } from '../helpers/build-server.ts'
import { openEvents } from '../helpers/sse.ts'

t.test('a create and a change in human forms', async (t) => {
  const { ask, engine, make } = await build(t)
  const made = await make({ name: 'web', memory: '64m', command: 'node -v', ports: { '5000/tcp': 8150 }, ttl: '2h' })
  t.match(made, { limits: { memory: 67_108_864 }, command: ['node', '-v'], ports: { '5000/tcp': '127.0.0.1:8150' } })
  t.ok(made.expires_at)
  t.match(engine.specs(), [{ command: ['node', '-v'] }])
  const changed = await ask('PATCH', '/containers/web', { payload: { memory: '128m', ttl: '1d' } })
  t.match(changed.json(), { limits: { memory: 134_217_728 } })
})

t.test('both forms are the same request to an idempotency key', async (t) => {
  const { post } = await build(t)
  const key = { 'idempotency-key': 'one' }
  const first = await post('/containers', { memory: '64m', command: 'a b', ports: ['5000/tcp'], ttl: '1m' }, key)
  const exact = { memory: 67_108_864, command: ['a', 'b'], ports: [{ container_port: 5000 }], ttl_seconds: 60 }
  t.match((await post('/containers', exact, key)).json(), { replayed: true, id: first.json().id })
})

t.test('the error describes the exact form', async (t) => {
  const { post } = await build(t)
  for (const [body, errors] of [
    [{ memory: 1024 }, [{ field: 'memory', message: 'must be at least 6291456' }]],
    [{ memory: true }, [{ field: 'memory', message: 'must be a whole number, such as 536870912 or "512m"' }]],
    [{ ports: [{ container_port: 0 }] }, [{ field: 'ports.0.container_port', message: 'must be at least 1' }]],
    [{ command: [7] }, [{ field: 'command.0', message: 'must be text' }]],
    [{ command: 7 }, [{ field: 'command', message: 'must be a list, such as ["node","-v"] or "node -v"' }]],
    [
      { ports: [80] },
      [{ field: 'ports.0', message: 'must be an object, such as {"container_port":5000} or "8150:5000"' }]
    ]
  ] as const)
    t.strictSame(problem(t, await post('/containers', body), 400, 'INVALID_REQUEST').errors, errors)
})

t.test('human forms in the container of a build', async (t) => {
  const { ended, engine, submit } = await serveBuilds(t)
  const { id } = await submit({ run: '{"name":"app","memory":"64m"}' })
  await ended(id)
  t.match(engine.records(), [{ name: 'app', limits: { memoryBytes: 67_108_864 } }])
})

t.test('logs take a duration, and all lines on request', async (t) => {
  const { get, make } = await build(t)
  await make({ name: 'web' })
  for (const query of ['since=10m', 'tail=all', 'tail=5', 'since=1h30m&until=5m'])
    t.equal((await get(`/containers/web/logs?${query}`)).statusCode, 200, query)
  t.match(problem(t, await get('/containers/web/logs?tail=some'), 400, 'INVALID_REQUEST').errors, [{ field: 'tail' }])
  t.match(problem(t, await get('/containers/web/logs?since=soon'), 400, 'INVALID_REQUEST').detail, /such as 10m/)
})

t.test('followed logs are plain lines, or events on request', async (t) => {
  const { app, get, make, engine } = await build(t)
  const { full_id: id } = await make({ name: 'web' })
  engine.write(id, 'hello')
  engine.write(id, 'oh', 'stderr')
  engine.end(id, 0)
  const plain = await get('/containers/web/logs?follow=true', { headers: { accept: '*/*' } })
  t.match(plain.headers['content-type'], 'text/plain')
  t.equal(plain.body, 'hello\noh\n')
  const stamped = await get('/containers/web/logs?follow=true&timestamps=true')
  t.match(stamped.body, /^\d{4}-\d\d-\d\dT\S+ hello\n/)
  const json = await get('/containers/web/logs?follow=true', { headers: { accept: 'application/json' } })
  t.match(json.headers['content-type'], 'application/x-ndjson')
  t.match(JSON.parse(json.body.split('\n')[1] ?? ''), { stream: 'stderr', line: 'oh' })
  const events = await openEvents(t, app, '/containers/web/logs?follow=true')
  t.match(
    (await events.all()).map(({ event }) => event),
    ['stdout', 'stderr', 'end']
  )
  const listed = await get('/containers/web/logs', { headers: { accept: 'application/json' } })
  t.match(listed.json(), { lines: [{ line: 'hello' }, { line: 'oh' }] })
})

t.test('the followed log of a build is plain, too', async (t) => {
  const { get, submit } = await serveBuilds(t)
  const { id } = await submit()
  const { headers, body } = await get(`/builds/${id}/logs?follow=true`)
  t.match(headers['content-type'], 'text/plain')
  t.match(body, /Step 1/)
  t.notMatch(body, /data:/)
})
