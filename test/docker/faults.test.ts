// Individual calls to the engine fail, or their answers are lost.

import t from 'tap'
import type { ChangedContainer } from '../../src/containers/schemas.ts'
import { eventually } from '../helpers/engine.ts'
import { CREATE, START, startProxiedServer } from '../helpers/proxied-server.ts'
import { portsOf } from '../helpers/server.ts'

const { proxy, server, isUp, made } = await startProxiedServer(t, portsOf('faults'))

t.test('the answer to a create is lost: Berth finds the container and creates no second', async (t) => {
  proxy.next('POST', CREATE, 'lose answer')
  const { status, body, text } = await server.create({ wait: 'port' })
  t.equal(status, 201, text)
  const there = await server.inEngine()
  t.same(
    there.map(({ Id }) => Id),
    [body.full_id]
  )
})

t.test('the answer to a start is lost', async (t) => {
  proxy.next('POST', START, 'lose answer')
  const { status, body, text } = await server.create({ wait: 'port' })
  t.equal(status, 201, text)
  t.equal(body.state, 'running')
  t.equal((await server.inEngine()).length, 1)
})

t.test('the connection breaks before a create', async (t) => {
  proxy.next('POST', CREATE, 'drop')
  const first = await server.create({}, { headers: { 'idempotency-key': 'broken' } })
  t.match(first, {
    status: 503,
    headers: { 'retry-after': /^\d+$/ },
    body: { code: 'ENGINE_UNAVAILABLE', retryable: true }
  })
  await isUp()
  const second = await server.create({}, { headers: { 'idempotency-key': 'broken' } })
  t.equal(second.status, 201)
  t.equal((await server.inEngine()).length, 1)
})

t.test('the engine fails at one step', async (t) => {
  for (const path of [CREATE, START]) {
    proxy.next('POST', path, 'fail')
    const { status, body } = await server.create()
    t.match({ status, body }, { status: 502, body: { code: 'ENGINE_FAILED', detail: /made up by the test/ } })
    t.equal((await server.inEngine()).length, 0, 'nothing is left')
    t.match((await server.portOverview()).counts, { leased: 0, bound: 0, parked: 0 })
  }
})

t.test('the undo of a failed create fails, too: Berth removes the container later', async (t) => {
  proxy.next('POST', START, 'fail')
  proxy.next('DELETE', /^\/containers\//, 'drop')
  const { status } = await server.create()
  t.ok(status === 502 || status === 503, `${status}`)
  await eventually(async () => {
    const there = await server.inEngine()
    if (there.length > 0) throw new Error(`${there.length} left`)
  })
})

t.test('the answer to a change is lost', async (t) => {
  const body = await made(t)
  for (const [verb, path, state] of [
    ['stop', /\/stop$/, 'exited'],
    ['start', START, 'running']
  ] as const) {
    proxy.next('POST', path, 'lose answer')
    const lost = await server.post(`/containers/${body.id}/${verb}`)
    t.ok([200, 503].includes(lost.status), `${verb}: ${lost.status}`)
    await isUp()
    const again = await server.post<ChangedContainer>(`/containers/${body.id}/${verb}`)
    t.match(again, { status: 200, body: { state } }, `${verb} once more`)
  }
  proxy.next('DELETE', /^\/containers\//, 'lose answer')
  const lost = await server.delete(`/containers/${body.id}?force=true`)
  t.ok([200, 503].includes(lost.status), `DELETE: ${lost.status}`)
  await isUp()
  t.match((await server.delete(`/containers/${body.id}?force=true`)).status, 404)
})
