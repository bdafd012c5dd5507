// With BERTH_TEST_FULL=1 it kills during every form of a create, otherwise during three of them.

import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { killAtEachCall, killedAt, untilItAgrees } from '../helpers/crash.ts'
import { askPort, docker, eventually, ignoreMissing } from '../helpers/engine.ts'
import { startFaultProxy } from '../helpers/fault-proxy.ts'
import { hostPort, portsOf, startServer, type CreateBody } from '../helpers/server.ts'

const proxy = await startFaultProxy(t)
const server = await startServer(t, { ports: portsOf('crashCreate'), socket: proxy.socket })

const pointsOf = ({ start = true, volumes = [] }: CreateBody) => [
  ...(volumes.length > 0
    ? ['before POST /volumes/create', 'after POST /volumes/create']
    : ['before POST /containers/create']),
  'after POST /containers/create',
  ...(start ? ['after POST /containers/ID/start'] : [])
]
const VOLUME = `berth-test-${randomUUID()}`
const removeVolume = () => ignoreMissing(docker.getVolume(VOLUME).remove())
t.teardown(removeVolume)
const hasVolume = async () =>
  (await docker.listVolumes({ filters: JSON.stringify({ name: [VOLUME] }) })).Volumes.length > 0

const isFull = Boolean(process.env.BERTH_TEST_FULL)
const withoutKey: [string, CreateBody][] = [
  ['started', {}],
  ['with a new volume, not started', { start: false, volumes: [{ source: VOLUME, target: '/data' }] }],
  ...(isFull ? ([['waited for', { wait: 'port' }]] satisfies [string, CreateBody][]) : [])
]
for (const [how, body] of withoutKey) {
  t.test(`kill -9 at every engine call of a create, ${how}`, async (t) => {
    let answered = 0
    const points = await killAtEachCall(
      { server, proxy },
      async (arm) => {
        answered = 0
        arm()
        answered = (await server.create(body)).status
      },
      async ({ moment, call }) => {
        await untilItAgrees(server)
        const there = await server.inEngine()
        t.ok(there.length <= 1 && answered === 0, `${moment} ${call}: ${there.length} left`)
        await eventually(async () => {
          if (there.length === 0 && (await hasVolume())) throw new Error('the volume is left')
        }).catch((error: unknown) => t.fail(`${moment} ${call}: ${String(error)}`))
        await server.removeAll()
        await removeVolume()
        await untilItAgrees(server)
      }
    )
    killedAt(t, points, pointsOf(body), 6)
    t.equal(answered, 201)
    t.equal((await server.inEngine()).length, 1)
    await server.removeAll()
  })
}

const withKey: [string, CreateBody][] = [
  ['waited for', { wait: 'port' }],
  ...(isFull
    ? ([
        ['started', {}],
        ['not started', { start: false }]
      ] satisfies [string, CreateBody][])
    : [])
]
for (const [how, body] of withKey) {
  t.test(`kill -9 at every engine call of a create with a key, ${how}: the key gives one container`, async (t) => {
    let key = ''
    const points = await killAtEachCall(
      { server, proxy },
      async (arm) => {
        key = randomUUID()
        arm()
        await server.create(body, { headers: { 'idempotency-key': key } })
      },
      async ({ moment, call }) => {
        const again = await server.create(body, { headers: { 'idempotency-key': key } })
        t.match(again.status, /^20[01]$/, `${moment} ${call}: ${again.text}`)
        const once = await server.create(body, { headers: { 'idempotency-key': key } })
        t.match(once, { status: 200, body: { replayed: true, full_id: again.body.full_id } })
        await untilItAgrees(server)
        const there = await server.inEngine()
        t.same(
          there.map(({ Id }) => Id),
          [again.body.full_id]
        )
        t.equal(once.body.state, body.start === false ? 'created' : 'running')
        if (body.wait === 'port') t.equal(await askPort(hostPort(once.body)), String(hostPort(once.body)))
        await server.removeAll()
        await untilItAgrees(server)
      }
    )
    killedAt(t, points, pointsOf(body), 6)
    await server.removeAll()
  })
}

t.test('kill -9 right after the answer: the container exists', async (t) => {
  const made = await server.create()
  await server.kill('SIGKILL')
  await server.start()
  t.match(await server.get<Container>(`/containers/${made.body.id}`), { status: 200, body: { state: 'running' } })
  await untilItAgrees(server)
  t.equal((await server.inEngine()).length, 1)
  await server.removeAll()
})

t.test('kill -9 during twelve concurrent creates', async (t) => {
  for (let round = 1; round <= 2; round++) {
    let steps = 0
    proxy.onCall(async ({ method }, moment) => {
      if (method === 'POST' && moment === 'after' && ++steps === 5 * round) await server.kill('SIGKILL')
    })
    const keys = Array.from({ length: 12 }, () => randomUUID())
    const ask = (key: string) => server.create({}, { headers: { 'idempotency-key': key } })
    const answers = await Promise.allSettled(keys.map(ask))
    proxy.onCall(undefined)
    t.ok(answers.some(({ status }) => status === 'rejected'))
    await server.start()
    const again = await Promise.all(keys.map(ask))
    t.ok(
      again.every(({ status }) => status === 200 || status === 201),
      again.map(({ status, body }) => `${status} ${body.code ?? ''} ${body.detail ?? ''}`).join()
    )
    for (const [index, answer] of answers.entries())
      if (answer.status === 'fulfilled') t.equal(again[index]?.body.id, answer.value.body.id)
    await untilItAgrees(server)
    t.equal((await server.inEngine()).length, 12)
    t.equal(new Set(again.map(({ body }) => hostPort(body))).size, 12)
    await server.removeAll()
    await untilItAgrees(server)
  }
})
