import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { untilItAgrees } from '../helpers/crash.ts'
import { eventually } from '../helpers/engine.ts'
import { readEvents, type ServerEvent } from '../helpers/events.ts'
import { noPrivateEngine, startPrivateEngine } from '../helpers/private-engine.ts'
import { portsOf, startServer } from '../helpers/server.ts'

const TALKER = ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo tick $i; sleep 0.1; done']
const CLIENTS = 10

t.test('the engine is killed while clients follow and create', { skip: noPrivateEngine }, async (t) => {
  const privateEngine = await startPrivateEngine(t)
  const { socket, engine } = privateEngine
  const server = await startServer(t, { ports: portsOf('engineRestart'), socket, engine })
  const talkers: Container[] = []
  for (let index = 0; index < CLIENTS; index++) {
    const { status, body, text } = await server.create({ command: TALKER, restart: 'always', ports: [] })
    t.equal(status, 201, text)
    talkers.push(body)
  }

  for (let round = 1; round <= 2; round++) {
    let seen = 0
    const following = talkers.map(({ id }) =>
      readEvents(`${server.url}/containers/${id}/logs?follow=true&tail=0`, { onEvent: () => seen++ })
    )
    await eventually(() => {
      if (seen < 3 * CLIENTS) throw new Error(`only ${seen} lines`)
    })

    const statuses = new Map<string, number>()
    const notRemoved: string[] = []
    let creating = true
    const creators = [1, 2, 3].map(async () => {
      while (creating) {
        const { status, body } = await server.create()
        const outcome = status === 201 ? 'made' : `${status} ${body.code}`
        statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1)
        if (status !== 201) {
          await setTimeout(50)
          continue
        }
        const removal = await server.delete(`/containers/${body.id}?force=true`)
        if (removal.status !== 200) notRemoved.push(body.full_id)
      }
    })
    await eventually(() => {
      if ((statuses.get('made') ?? 0) < 2) throw new Error('nothing made yet')
    })

    await privateEngine.kill()
    const ends = await Promise.all(following)
    t.ok(
      ends.every((events) => events.at(-1)?.event === 'end'),
      'every stream ends with a reason'
    )
    t.same([...new Set(ends.map(endOf))], ['ENGINE_UNAVAILABLE'], 'which is the loss of the engine')
    await eventually(async () => {
      const { body } = await server.get<Container[]>('/containers')
      if (body.length === 0 || !body.every(({ stale }) => stale)) throw new Error('not stale')
    })
    t.equal((await server.get('/health')).status, 200)
    t.equal((await server.get('/health/ready')).status, 503)

    await privateEngine.start()
    const back = performance.now()
    await eventually(async () => {
      const { body, status } = await server.get<Container>(`/containers/${talkers[0]?.id}`)
      if (status !== 200 || body.stale || body.state !== 'running') throw new Error(`${status} ${body.state}`)
    })
    t.comment(`back ${Math.round(performance.now() - back)} ms after the engine`)
    t.ok(performance.now() - back < 10_000, 'it is back soon')
    const made = statuses.get('made') ?? 0
    await eventually(() => {
      if ((statuses.get('made') ?? 0) < made + 2) throw new Error('nothing made again')
    })
    creating = false
    await Promise.all(creators)
    t.comment(JSON.stringify(Object.fromEntries(statuses)))
    const documented = /^(made|50[234] ENGINE_(FAILED|UNAVAILABLE|TIMEOUT))$/
    t.same(
      [...statuses.keys()].filter((outcome) => !documented.test(outcome)),
      [],
      'only documented answers'
    )
    t.notOk(server.hasEnded())
    for (const id of notRemoved) {
      const { status } = await server.delete(`/containers/${id}?force=true`)
      t.ok(status === 200 || status === 404, `a refused removal works now: ${status}`)
    }
    await eventually(async () => {
      // Requests that the death of the engine interrupted got no success, so nothing of them may stay.
      const others = (await server.inEngine()).filter(({ Id }) => !talkers.some((talker) => talker.full_id === Id))
      if (others.length > 0) throw new Error(`left: ${others.map(({ Names, State }) => `${Names} ${State}`)}`)
    })
    await untilItAgrees(server)
    const again = await readEvents(`${server.url}/containers/${talkers[1]?.id}/logs?follow=true&tail=0`, { most: 3 })
    t.equal(again.length, 3, 'and it can be followed again')
  }
})

function endOf(events: ServerEvent[]): unknown {
  return events.at(-1)?.data.code ?? events.at(-1)?.data.reason
}
