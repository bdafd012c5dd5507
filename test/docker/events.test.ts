// GET /events on the real engine, through losses on both sides.

import t from 'tap'
import { docker, eventually, ignoreMissing, pause, runForeign } from '../helpers/engine.ts'
import type { ServerEvent } from '../helpers/events.ts'
import { startFaultProxy } from '../helpers/fault-proxy.ts'
import { follow } from '../helpers/follow.ts'
import { hostPort, portsOf, SLEEPER, startServer } from '../helpers/server.ts'

const proxy = await startFaultProxy(t)
const existing = await runForeign(t)
const server = await startServer(t, { ports: portsOf('events'), socket: proxy.socket })
const url = () => `${server.url}/events`

async function make(body: Parameters<typeof server.create>[0] = {}) {
  const { status, body: made, text } = await server.create({ command: SLEEPER, ...body })
  if (status !== 201) throw new Error(text)
  return made
}

/** The events of one container or port; other tests use the same engine. */
const about = (events: ServerEvent[], subject: string | number) =>
  events.filter(({ data }) => data.id === subject || data.port === subject)
const kinds = (events: ServerEvent[]) => events.map(({ event }) => event)
const is =
  (kind: string, subject?: string | number) =>
  ({ event, data }: ServerEvent): boolean =>
    event === kind && (subject === undefined || data.id === subject || data.port === subject)

t.test('the life of a container and of its port', async (t) => {
  const { events, next } = follow(url())
  const made = await make({
    healthcheck: { test: ['CMD', 'true'], interval_seconds: 5 },
    labels: { team: 'red' }
  })
  const port = hostPort(made)
  await next((event) => is('container.health', made.id)(event) && event.data.health === 'healthy', 0)
  await server.patch(`/containers/${made.id}`, { memory: 64 * 1024 ** 2 })
  await next(is('container.updated', made.id), 0)
  await docker.getContainer(made.full_id).rename({ name: `${made.name}-renamed` })
  const renamed = await next(is('container.renamed', made.id), 0)
  t.match(renamed.data, { name: `${made.name}-renamed`, from: made.name })
  await server.post(`/containers/${made.id}/stop?timeout=0`)
  const exited = await next(is('container.exited', made.id), 0)
  t.match(exited.data, { state: 'exited', exit_code: Number, oom_killed: false, image: made.image })
  await server.delete(`/containers/${made.id}`)
  await next(is('container.removed', made.id), 0)
  await next(({ data }) => data.port === port && data.to === 'free', 0)

  t.strictSame(kinds(about(events, made.id)), [
    'container.created',
    'container.running',
    'container.health',
    'container.health',
    'container.updated',
    'container.renamed',
    'container.exited',
    'container.removed'
  ])
  const states = about(events, port).map(({ data }) => [data.from, data.to])
  t.strictSame(states, [
    ['free', 'leased'],
    ['leased', 'bound'],
    ['bound', 'parked'],
    ['parked', 'free']
  ])
  t.ok(
    events.every(
      ({ id, event, data }) => id && event && data.type === event && !Number.isNaN(Date.parse(String(data.time)))
    )
  )
  const numbers = events.map(({ id }) => Number(id?.split('-')[1]))
  t.ok(
    numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1),
    'numbered without a gap'
  )
})

t.test('containers created by other clients', async (t) => {
  const { events, next } = follow(url())
  const foreign = await runForeign(t)
  const id = foreign.id.slice(0, 12)
  await next(is('container.created', id), 0)
  await next(is('container.running', id), 0)
  await pause(foreign)
  await next(is('container.paused', id), 0)
  const before = events.length
  await foreign.unpause()
  // Otherwise a read may see both at once, and report only that it runs.
  await next(is('container.running', id), before)
  await foreign.restart({ t: 0 })
  await next(({ event, data }) => data.id === id && /^container\.(restarted|exited)$/.test(event ?? ''), 0)
  await foreign.remove({ force: true })
  await next(is('container.removed', id), 0)
})

t.test('Last-Event-ID brings exactly the missed events', async (t) => {
  const first = follow(url())
  const made = await make()
  await first.next(is('container.running', made.id), 0)
  const seen = first.events.length
  const last = first.events.at(-1)?.id
  await server.post(`/containers/${made.id}/stop?timeout=0`)
  await server.delete(`/containers/${made.id}`)
  await first.next(is('container.removed', made.id), 0)

  const again = follow(url(), { lastEventId: last })
  await again.next(is('container.removed', made.id), 0)
  const missed = first.events.slice(seen)
  t.strictSame(again.events.slice(0, missed.length), missed)
  const marker = await make()
  await again.next(is('container.running', marker.id), 0)
  t.strictSame(kinds(about(again.events, marker.id)), ['container.created', 'container.running'], 'and it continues')
})

t.test('an unknown id returns resync, then new events', async (t) => {
  const stream = follow(url(), { lastEventId: 'beef0001-7' })
  t.match((await stream.count(1))[0], {
    event: 'resync',
    data: { reason: /no longer known/, advice: /GET \/containers/ }
  })
  const made = await make()
  await stream.next(is('container.created', made.id), 0)
})

t.test('after a loss of the engine, changes in the meantime are reported', async (t) => {
  const { events, next } = follow(url())
  const made = await make()
  await next(is('container.running', made.id), 0)
  await proxy.goAway()
  const lost = await next(is('engine.unavailable'), 0)
  t.match(lost.data, { reason: /./ })
  t.match(await server.get('/health'), { status: 200, body: { engine: 'unavailable' } })
  await ignoreMissing(docker.getContainer(made.full_id).remove({ force: true }))
  const foreign = await runForeign(t)
  await proxy.comeBack()
  t.match((await next(is('engine.available'), 0)).data, { version: /./, address: /engine\.sock/ })
  await next(is('container.removed', made.id), 0)
  await next(is('container.created', foreign.id.slice(0, 12)), 0)
  t.equal(events.filter(is('engine.unavailable')).length, 1)
  t.equal(events.filter(is('container.created', existing.id.slice(0, 12))).length, 0, 'existing containers are not new')
})

t.test('a restarted server knows no old id, and reports nothing existing as new', async (t) => {
  const before = follow(url())
  const made = await make()
  const known = await before.next(is('container.running', made.id), 0)
  await server.kill('SIGTERM')
  t.match((await before.ended).at(-1), { event: 'end', data: { reason: 'the server is stopping' } })
  await server.start()
  const again = follow(url(), { lastEventId: known.id })
  t.match((await again.count(1))[0], { event: 'resync' })
  await eventually(async () => {
    if ((await server.get(`/containers/${made.id}`)).status !== 200) throw new Error('not known yet')
  })
  const marker = await make()
  const event = await again.next(is('container.created', marker.id), 0)
  const all = follow(url(), { lastEventId: `${event.id?.split('-')[0]}-0` })
  await all.next(is('container.created', marker.id), 0)
  t.strictSame(about(all.events, made.id), [])
  t.strictSame(about(all.events, existing.id.slice(0, 12)), [])
  t.equal(all.events.filter(is('engine.available')).length, 1)
})
