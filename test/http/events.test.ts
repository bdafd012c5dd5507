// The filters of event streams.

import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { openEvents } from '../helpers/sse.ts'

t.test('events by type, container, label and time', async (t) => {
  const { app, make, post } = await build(t)
  const web = await make({ name: 'web', labels: { team: 'red' } })
  await make({ name: 'db', labels: { team: 'blue' } })
  await post('/containers/web/stop')
  await post('/networks', { name: 'shop' })

  const seen = async (query: string, count: number) => {
    const stream = await openEvents(t, app, `/events?since=1h&${query}`)
    const events = await stream.first(count)
    stream.close()
    return events.map(({ event, data }) => `${event} ${(data as { name?: string }).name ?? ''}`)
  }
  t.strictSame(await seen('type=container.exited', 1), ['container.exited web'])
  t.strictSame(await seen('type=container.created&type=network', 3), [
    'container.created web',
    'container.created db',
    'network.created shop'
  ])
  const ofWeb = ['container.created web', 'container.running web', 'container.exited web']
  for (const query of ['container=web', `container=${web.id}`, `container=${web.full_id}`, 'label=team=red'])
    t.strictSame(await seen(query, 3), ofWeb, query)
  t.strictSame(await seen('label=team&type=container.created', 2), ['container.created web', 'container.created db'])
})

t.test('without since only new events come, and an invalid time is refused', async (t) => {
  const { app, get, make, post } = await build(t)
  await make({ name: 'web' })
  const stream = await openEvents(t, app, '/events?container=db')
  await post('/containers/web/stop')
  await make({ name: 'db' })
  t.match(await stream.first(2), [{ event: 'container.created', data: { name: 'db' } }, { event: 'container.running' }])
  problem(t, await get('/events?since=yesterday'), 400, 'INVALID_REQUEST')
})

t.test('an unknown type is refused with a suggestion', async (t) => {
  const { get } = await build(t)
  const refused = async (type: string) => problem(t, await get(`/events?type=${type}`), 400, 'INVALID_REQUEST').detail
  t.equal(await refused('container.exitd'), 'type is not a type of event; is "container.exited" meant?')
  t.match(
    await refused('kubernetes'),
    /^type must be a type of event, such as container\.exited, or a kind: container,/
  )
})
