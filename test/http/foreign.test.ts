// Containers that nobody may change: missing ones, foreign ones, and Berth's own.

import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { idOf } from '../helpers/records.ts'

const CHANGES: [method: string, path: string][] = [
  ['POST', '/start'],
  ['POST', '/stop'],
  ['POST', '/restart'],
  ['DELETE', ''],
  ['PATCH', '']
]
const bodyFor = (method: string) => (method === 'PATCH' ? { payload: { restart: 'no' } } : {})

t.test('every change of a missing container is 404', async (t) => {
  const { ask } = await build(t)
  for (const [method, path] of CHANGES)
    problem(t, await ask(method, `/containers/nobody${path}`, bodyFor(method)), 404, 'CONTAINER_NOT_FOUND')
})

t.test('a container that Berth did not make', async (t) => {
  t.test('can be read but not changed', async (t) => {
    const engine = createMemoryEngine()
    engine.add({ name: 'foreign' })
    const { ask, get } = await build(t, { engine })
    t.match((await get('/containers/foreign')).json(), { managed: false })
    t.match((await get('/containers')).json(), [{ name: 'foreign', managed: false }])
    for (const [method, path] of CHANGES)
      problem(t, await ask(method, `/containers/foreign${path}`, bodyFor(method)), 403, 'CONTAINER_NOT_MANAGED')
    t.strictSame(engine.writes(), [])
  })

  t.test('gets no connections from waits', async (t) => {
    const engine = createMemoryEngine()
    engine.add({ name: 'foreign' })
    const { get } = await build(t, { engine })
    for (const condition of ['http&path=/admin', 'port'])
      problem(t, await get(`/containers/foreign/wait?for=${condition}`), 403, 'CONTAINER_NOT_MANAGED')
    t.equal((await get('/containers/foreign/wait?for=running')).statusCode, 200)
  })

  t.test('can be changed if the settings allow it', async (t) => {
    for (const [method, path] of CHANGES.filter(([name]) => name !== 'DELETE')) {
      const engine = createMemoryEngine()
      engine.add({ name: 'foreign' })
      const { ask } = await build(t, { engine, env: { BERTH_MANAGE_FOREIGN: 'true' } })
      t.equal((await ask(method, `/containers/foreign${path}`, bodyFor(method))).statusCode, 200, `${method} ${path}`)
    }
  })
})

t.test('Berth’s own container is never changed', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'berth', id: idOf('berth') })
  const { ask } = await build(t, {
    engine,
    ownId: idOf('berth'),
    env: { BERTH_MANAGE_FOREIGN: 'true', BERTH_EXEC: 'true' }
  })
  for (const [method, path] of CHANGES)
    problem(t, await ask(method, `/containers/berth${path}`, bodyFor(method)), 403, 'CONTAINER_IS_BERTH')
  const exec = await ask('POST', '/containers/berth/exec', { payload: { command: ['id'] } })
  problem(t, exec, 403, 'CONTAINER_IS_BERTH')
  t.strictSame(engine.writes(), [])
})
