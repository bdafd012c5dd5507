// The engine hangs or is away: reads continue, writes are refused at once, and the server catches up afterwards.

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { docker, eventually, runForeign } from '../helpers/engine.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startProxiedServer } from '../helpers/proxied-server.ts'
import { portsOf, SLEEPER, startServer } from '../helpers/server.ts'

const { proxy, server, isUp, made } = await startProxiedServer(t, portsOf('engineOutage'))

t.test('the engine hangs', async (t) => {
  const body = await made(t)
  proxy.freeze()
  const started = performance.now()
  const [create, stop, remove] = await Promise.all([
    server.create(),
    server.post(`/containers/${body.id}/stop?timeout=0`),
    server.delete(`/containers/${body.id}?force=true`)
  ])
  const took = performance.now() - started
  t.comment(`writes ended after ${Math.round(took)} ms`)
  t.ok(took < 20_000, `writes ended after ${Math.round(took)} ms`)
  for (const answer of [create, stop, remove])
    t.match(answer, { status: /^50[34]$/, body: { code: /^ENGINE_(TIMEOUT|UNAVAILABLE)$/, retryable: true } })
  const later = performance.now()
  t.match(await server.create(), {
    status: 503,
    headers: { 'retry-after': /^\d+$/ },
    body: { code: 'ENGINE_UNAVAILABLE' }
  })
  t.ok(performance.now() - later < 1_500, 'Berth refuses writes at once after it has noticed')

  const before = performance.now()
  const { body: seen } = await server.get<Container>(`/containers/${body.id}`)
  t.match(seen, { state: 'running', stale: true, age_ms: Number })
  const { body: listed } = await server.get<Container[]>('/containers')
  t.ok(listed.every(({ stale }) => stale))
  t.match(await server.portOverview(), { counts: { bound: Number } })
  t.ok(performance.now() - before < 1_500, 'reads come from memory')
  t.equal((await server.get('/health')).status, 200)
  t.equal((await server.get('/health/ready')).status, 503)

  proxy.thaw()
  const thawed = performance.now()
  await isUp()
  await eventually(async () => {
    const { body: fresh } = await server.get<Container>(`/containers/${body.id}`)
    if (fresh?.stale) throw new Error('still stale')
  })
  t.ok(performance.now() - thawed < 10_000, `back after ${Math.round(performance.now() - thawed)} ms`)
  // The engine carries out the calls of that time now. The create must leave nothing, since its client got an error.
  await eventually(async () => {
    const there = (await server.inEngine()).filter(({ Id }) => Id !== body.full_id)
    if (there.length > 0) throw new Error(`${there.length} left`)
  })
})

t.test('the engine is away for a while', async (t) => {
  const body = await made(t, { command: SLEEPER })
  await proxy.goAway()
  await eventually(async () => {
    const { body: seen } = await server.get<Container>(`/containers/${body.id}`)
    if (!seen.stale) throw new Error('not noticed yet')
  })
  t.match(await server.create(), {
    status: 503,
    headers: { 'retry-after': /^\d+$/ },
    body: { code: 'ENGINE_UNAVAILABLE' }
  })
  // Other clients continue meanwhile.
  await docker.getContainer(body.full_id).remove({ force: true })
  const foreign = await runForeign(t)
  await proxy.comeBack()
  const back = performance.now()
  await eventually(async () => {
    const gone = await server.get(`/containers/${body.id}`)
    const come = await server.get<Container>(`/containers/${foreign.id}`)
    if (gone.status !== 404 || come.status !== 200) throw new Error(`${gone.status} ${come.status}`)
  })
  t.ok(performance.now() - back < 10_000, `back after ${Math.round(performance.now() - back)} ms`)
  const again = await server.create()
  t.equal(again.status, 201, again.text)
})

t.test('the engine is away when the server starts', async (t) => {
  const folder = makeFolder('away')
  const socket = join(folder, 'engine.sock')
  t.teardown(() => rmSync(folder, { recursive: true }))
  // A listener that never answers, like an engine that hangs.
  const held = new Set<Socket>()
  const silent = createServer((connection) => held.add(connection)).listen(socket)
  t.teardown(() => {
    silent.close()
    for (const connection of held) connection.destroy()
  })
  await once(silent, 'listening')
  const second = await startServer(t, { ports: portsOf('engineOutage'), socket })
  const refusal = { status: 503, headers: { 'retry-after': /^\d+$/ }, body: { code: 'ENGINE_UNAVAILABLE' } }
  t.match(await second.get('/health'), { status: 200, body: { status: 'degraded', engine: 'unavailable' } })
  t.equal((await second.get('/health/ready')).status, 503)
  t.match(await second.get('/containers'), refusal, 'an empty list would be a guess')
  t.match(await second.get('/ports'), refusal)
  t.match(await second.create(), refusal)
  t.notOk(second.hasEnded())
})

t.test('the server finds an engine that starts after it', async (t) => {
  const body = await made(t, { command: SLEEPER })
  await server.kill()
  await proxy.goAway()
  await server.start()
  t.match(await server.get('/containers'), { status: 503, body: { code: 'ENGINE_UNAVAILABLE' } })
  await proxy.comeBack()
  const back = performance.now()
  await eventually(async () => {
    const answer = await server.get<Container>(`/containers/${body.id}`)
    if (answer.status !== 200) throw new Error(answer.text)
  })
  t.ok(performance.now() - back < 10_000, `found after ${Math.round(performance.now() - back)} ms`)
})
