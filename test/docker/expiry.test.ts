import { cpSync, rmSync } from 'node:fs'
import t from 'tap'
import type { ChangedContainer, Container } from '../../src/containers/schemas.ts'
import { docker, eventually } from '../helpers/engine.ts'
import { portsOf, SLEEPER, startServer } from '../helpers/server.ts'

const server = await startServer(t, { ports: portsOf('expiry') })
const isGone = (id: string) =>
  eventually(async () => {
    const there = await server.inEngine()
    if (there.some(({ Id }) => Id === id)) throw new Error('it is still there')
    return performance.now()
  })

t.test('a container is removed when it expires', async (t) => {
  const asked = Date.now()
  const { body } = await server.create({ command: SLEEPER, ttl_seconds: 2 })
  const end = Date.parse(body.expires_at ?? '')
  t.ok(end >= asked + 2_000 && end <= Date.now() + 2_000, body.expires_at ?? 'no end')
  await isGone(body.full_id)
  t.ok(Date.now() >= end && Date.now() < end + 20_000, `${Date.now() - end} ms after its expiry`)
  t.equal((await server.get(`/containers/${body.id}`)).status, 404)
  t.match((await server.portOverview()).counts, { bound: 0, parked: 0 })
})

t.test('a container that expired while the server was down is removed', async (t) => {
  const [{ body }, { body: renewed }] = await Promise.all([
    server.create({ command: SLEEPER, ttl_seconds: 5 }),
    server.create({ command: SLEEPER, ttl_seconds: 5 })
  ])
  await server.patch(`/containers/${renewed.id}`, { ttl_seconds: 3600 })
  await server.kill()
  await eventually(() => {
    if (Date.now() <= Date.parse(body.expires_at ?? '')) throw new Error('not over yet')
  })
  t.equal((await docker.getContainer(body.full_id).inspect()).State.Status, 'running')
  await server.start()
  await isGone(body.full_id)
  const { body: kept } = await server.get<Container>(`/containers/${renewed.id}`)
  t.ok(Date.parse(kept.expires_at ?? '') > Date.now() + 3_500_000, 'a renewed expiry stays')
  await server.removeAll()
})

t.test('PATCH renews and removes the expiry', async (t) => {
  const [{ body: forever }, { body: longer }, { body: shorter }] = await Promise.all([
    server.create({ command: SLEEPER, ttl_seconds: 5 }),
    server.create({ command: SLEEPER, ttl_seconds: 5 }),
    server.create({ command: SLEEPER })
  ])
  t.equal(
    (await server.patch<ChangedContainer>(`/containers/${forever.id}`, { ttl_seconds: null })).body.expires_at,
    null
  )
  await server.patch(`/containers/${longer.id}`, { ttl_seconds: 8 })
  await server.patch(`/containers/${shorter.id}`, { ttl_seconds: 1 })
  await isGone(shorter.full_id)
  t.ok((await server.inEngine()).some(({ Id }) => Id === longer.full_id))
  await isGone(longer.full_id)
  t.same(
    (await server.inEngine()).map(({ Id }) => Id),
    [forever.full_id]
  )
  await server.kill()
  await server.start()
  t.match(await server.get<Container>(`/containers/${forever.id}`), { status: 200, body: { expires_at: null } })
  await server.removeAll()
})

t.test('a stopped container expires, too', async (t) => {
  const { body } = await server.create({ command: SLEEPER, ttl_seconds: 2 })
  await server.post(`/containers/${body.id}/stop`)
  await isGone(body.full_id)
  t.pass()
})

t.test('another server leaves it alone', async (t) => {
  const { body } = await server.create({ command: SLEEPER, ttl_seconds: 5 })
  await server.kill()
  const other = await startServer(t, { ports: portsOf('expiry') })
  const { body: seen } = await other.get<Container>(`/containers/${body.id}`)
  t.match(seen, { state: 'running', expires_at: null, managed: true })
  await server.start()
  await isGone(body.full_id)
})

t.test('of two servers on one engine, the creator of a container decides its expiry', async (t) => {
  const other = await startServer(t, { ports: portsOf('expiry') })
  const { body } = await server.create({ command: SLEEPER, ttl_seconds: 4 })
  const refused = await other.patch(`/containers/${body.full_id}`, { ttl_seconds: 1 })
  t.match(refused, { status: 409, body: { code: 'CONTAINER_OF_ANOTHER_SERVER' } })
  t.match(
    await other.patch(`/containers/${body.full_id}`, { restart: 'always' }),
    { status: 200 },
    'it may change the rest'
  )
  t.match(await server.patch(`/containers/${body.id}`, { ttl_seconds: null }), { status: 200 })
  const { body: witness } = await server.create({ command: SLEEPER, ttl_seconds: 4 })
  await isGone(witness.full_id)
  t.ok(
    (await server.inEngine()).some(({ Id }) => Id === body.full_id),
    'no server applies a withdrawn expiry'
  )
  await server.removeAll()
})

t.test('an older copy of the data folder does not bring back a withdrawn expiry', async (t) => {
  const copy = `${server.dataDir}-copy`
  t.teardown(() => rmSync(copy, { recursive: true, force: true }))
  await server.kill('SIGTERM')
  cpSync(server.dataDir, copy, { recursive: true })
  await server.start()
  const { body } = await server.create({ command: SLEEPER, ttl_seconds: 2 })
  await server.patch(`/containers/${body.id}`, { ttl_seconds: null })
  await server.kill('SIGTERM')
  rmSync(server.dataDir, { recursive: true })
  cpSync(copy, server.dataDir, { recursive: true })
  await server.start()
  const { body: witness } = await server.create({ command: SLEEPER, ttl_seconds: 2 })
  await isGone(witness.full_id)
  t.match(await server.get<Container>(`/containers/${body.full_id}`), { status: 200, body: { expires_at: null } })
  t.match(server.output(), /end dates of these containers are not in the data folder/)
  await server.removeAll()
})
