// Changes wait in a queue, take time, and may be lost on the way.

import type { ServerResponse } from 'node:http'
import t from 'tap'
import { engineThat, json } from '../../helpers/engine-server.ts'
import { idOf } from '../../helpers/records.ts'
import { turn, until } from '../../helpers/until.ts'

const ID = idOf('web')

t.test('a burst of changes queues in Berth and does not delay reads', async (t) => {
  const starts: ServerResponse[] = []
  const { engine, asked } = await engineThat(
    t,
    {
      [`POST /containers/${ID}/start`]: (_asked, answer) => void starts.push(answer),
      'GET /containers/json': json(200, [])
    },
    { concurrency: 2 }
  )
  const all = Array.from({ length: 5 }, () => engine.startContainer(ID))
  await until(() => starts.length === 2)
  t.strictSame(await engine.listContainers(), [])
  t.equal(asked.filter(({ method }) => method === 'POST').length, 2)
  while (starts.length > 0 || asked.filter(({ method }) => method === 'POST').length < 5) {
    starts.shift()?.writeHead(204).end()
    await turn()
  }
  await Promise.all(all)
})

t.test('a cancelled change leaves the queue, and a sent one is awaited', async (t) => {
  const starts: ServerResponse[] = []
  const { engine, asked } = await engineThat(
    t,
    { [`POST /containers/${ID}/start`]: (_asked, answer) => void starts.push(answer) },
    { concurrency: 1 }
  )
  const client = new AbortController()
  const sent = engine.startContainer(ID, client.signal)
  await until(() => starts.length === 1)
  const waiting = Array.from({ length: 200 }, () => engine.startContainer(ID, client.signal))
  const live = engine.startContainer(ID)
  client.abort()
  for (const gone of waiting) await t.rejects(gone, { code: 'REQUEST_CANCELLED' })
  starts.shift()?.writeHead(204).end()
  await t.resolves(sent)
  await until(() => starts.length === 1)
  starts.shift()?.writeHead(204).end()
  await live
  t.equal(asked.length, 2)
})

t.test('a stop may have any timeout', async (t) => {
  const { engine } = await engineThat(t, {
    [`POST /containers/${ID}/stop`]: (_asked, answer) => void answer.writeHead(204).end()
  })
  for (const seconds of [-1, 0, 4_000_000]) await t.resolves(engine.stopContainer(ID, seconds), `${seconds} s`)
})

t.test('slow stops delay nothing, however many there are', async (t) => {
  const stops: ServerResponse[] = []
  const { engine } = await engineThat(t, {
    [`POST /containers/${ID}/stop`]: (_asked, answer) => void stops.push(answer),
    'GET /containers/json': json(200, [])
  })
  const all = Array.from({ length: 80 }, () => engine.stopContainer(ID, 10))
  await until(() => stops.length === 80, 5_000)
  t.strictSame(await engine.listContainers(), [])
  for (const answer of stops) answer.writeHead(204).end()
  await Promise.all(all)
})

t.test('an engine that hangs up is noticed', async (t) => {
  const { engine, connection } = await engineThat(t, {
    [`POST /containers/${ID}/start`]: (_asked, answer) => void answer.socket?.destroy()
  })
  await t.rejects(engine.startContainer(ID), { code: 'ENGINE_UNAVAILABLE' })
  await connection.whenAvailable(AbortSignal.timeout(5_000))
  t.match(engine.status(), { available: true })
})

t.test('a change that takes too long may still be carried out', async (t) => {
  const { engine } = await engineThat(t, { [`POST /containers/${ID}/start`]: () => {} }, { changeTimeoutMs: 50 })
  await t.rejects(engine.startContainer(ID), { code: 'ENGINE_TIMEOUT', message: /may still do so/ })
  t.match(engine.status(), { available: true }, 'which differs from a lost engine')
})

t.test('changes of one caller do not delay those of another', async (t) => {
  const open: ServerResponse[] = []
  let whose = 'flood'
  const { engine, asked } = await engineThat(
    t,
    { [`POST /containers/${ID}/start`]: (_asked, answer) => void open.push(answer) },
    { concurrency: 1, whose: () => whose }
  )
  const all = Array.from({ length: 50 }, () => engine.startContainer(ID))
  whose = 'other'
  const other = engine.startContainer(ID).then(() => asked.length)
  const answering = setInterval(() => open.shift()?.writeHead(204).end(), 1)
  t.teardown(() => clearInterval(answering))
  t.ok((await other) <= 4, 'it is the third')
  await Promise.all(all)
})
