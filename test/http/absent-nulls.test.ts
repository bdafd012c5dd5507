// Clients generated from a schema send null for absent fields. It counts as absent, except where null has a meaning.

import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { serveBuilds } from '../helpers/build-server.ts'

const json = { 'content-type': 'application/json' }

t.test('a create whose fields are all null equals one without fields', async (t) => {
  const { get, post, engine } = await build(t)
  const document = (await get('/openapi.json')).json()
  const { properties } = document.components.schemas.CreateContainer
  const nulls = Object.fromEntries(Object.keys(properties).map((name) => [name, null]))
  t.ok(Object.keys(nulls).length > 20)
  const { statusCode, body } = await post('/containers', nulls)
  t.equal(statusCode, 201, body)
  const plain = await post('/containers', {})
  const [withNulls, without] = engine.specs()
  t.match(withNulls, { image: without?.image, limits: without?.limits, restart: 'no' })
  t.equal(plain.statusCode, 201)
})

t.test('null counts as absent below the first level, too', async (t) => {
  const { post, engine } = await build(t)
  const answer = await post('/containers', {
    ports: [{ container_port: 80, protocol: null, host_port: null }],
    volumes: [{ source: 'data', target: '/data', read_only: null }],
    healthcheck: { test: ['CMD', 'true'], retries: null },
    env: { GREETING: null, NAME: 'ada', 'A/B~C': null },
    labels: { team: null }
  })
  t.equal(answer.statusCode, 201, answer.body)
  const [spec] = engine.specs()
  t.match(spec, { ports: [{ containerPort: 80, protocol: 'tcp' }], volumes: [{ source: 'data', readOnly: false }] })
  t.strictSame(Object.keys(spec?.env ?? {}).toSorted(), ['HOST_PORT', 'NAME'])
})

t.test('with an idempotency key it is the same request', async (t) => {
  const { post } = await build(t)
  const key = { 'idempotency-key': 'one' }
  const first = await post('/containers', { cpus: 0.5 }, key)
  const second = await post('/containers', { cpus: 0.5, name: null, env: null }, key)
  t.match(second.json(), { replayed: true, id: first.json().id })
})

t.test('null keeps its meaning where it has one', async (t) => {
  const { ask, make } = await build(t)
  await make({ name: 'web', ttl_seconds: 60 })
  const changed = await ask('PATCH', '/containers/web', { payload: { ttl_seconds: null, memory: null } })
  t.match(changed.json(), { expires_at: null })
})

t.test('null is an error for required fields and items of lists', async (t) => {
  const { post } = await build(t)
  const refused: [body: object, field: string][] = [
    [{ ports: [{ container_port: null }] }, 'ports.0.container_port'],
    [{ ports: [null] }, 'ports.0'],
    [{ command: ['echo', null] }, 'command.1'],
    [{ memry: null }, 'memry']
  ]
  for (const [body, field] of refused)
    t.match(problem(t, await post('/containers', body), 400, 'INVALID_REQUEST').errors, [{ field }])
})

t.test('a body of null counts as no body', async (t) => {
  const { ask } = await build(t)
  const answer = await ask('POST', '/containers', { payload: ' null ', headers: json })
  t.equal(answer.statusCode, 201, answer.body)
})

t.test('null counts as absent on other routes', async (t) => {
  const { post } = await build(t)
  t.equal((await post('/networks', { name: 'shop', internal: null })).statusCode, 201)
})

t.test('null counts as absent in the container of a build', async (t) => {
  const { ended, engine, submit } = await serveBuilds(t)
  const { id } = await submit({ run: '{"name":"app","start":null,"memory":null,"image":null}' })
  t.match(await ended(id), { status: 'completed' })
  t.match(engine.records(), [{ name: 'app', state: 'running' }])
})
