// Containers are paused, resumed and renamed.

import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'

t.test('pause and unpause', async (t) => {
  const { get, make, post } = await build(t)
  await make({ name: 'web' })
  t.match((await post('/containers/web/pause')).json(), { state: 'paused', changed: true, url: null })
  t.match((await post('/containers/web/pause')).json(), { changed: false, message: 'Container already paused' })
  t.match((await get('/ports')).json(), { used_ports: [8001] }, 'it keeps its port')
  problem(t, await post('/containers/web/start'), 409, 'CONTAINER_NOT_RUNNING')
  t.match((await post('/containers/web/unpause')).json(), { state: 'running', changed: true })
  t.match((await post('/containers/web/unpause')).json(), { changed: false })
  await post('/containers/web/stop')
  for (const verb of ['pause', 'unpause'])
    problem(t, await post(`/containers/web/${verb}`), 409, 'CONTAINER_NOT_RUNNING')
})

t.test('rename keeps id and port, and checks the new name', async (t) => {
  const { get, make, post } = await build(t)
  const web = await make({ name: 'web' })
  await make({ name: 'db' })
  const renamed = await post('/containers/web/rename', { name: 'shop' })
  t.match(renamed.json(), {
    id: web.id,
    name: 'shop',
    ports: web.ports,
    changed: true,
    message: 'Container was called web'
  })
  t.match((await get(`/containers/${web.id}`)).json(), { name: 'shop' })
  problem(t, await get('/containers/web'), 404, 'CONTAINER_NOT_FOUND')
  t.match((await post('/containers/shop/rename', { name: 'shop' })).json(), { changed: false })
  problem(t, await post('/containers/shop/rename', { name: 'db' }), 409, 'CONTAINER_NAME_TAKEN')
  for (const name of ['x', 'deadbeef0123', 'running', 'a b'])
    problem(t, await post('/containers/shop/rename', { name }), 400, 'INVALID_REQUEST')
  problem(t, await post('/containers/shop/rename'), 400, 'INVALID_REQUEST')
})

t.test('foreign containers are neither paused nor renamed', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'foreign' })
  const { post } = await build(t, { engine })
  problem(t, await post('/containers/foreign/pause'), 403, 'CONTAINER_NOT_MANAGED')
  problem(t, await post('/containers/foreign/rename', { name: 'mine' }), 403, 'CONTAINER_NOT_MANAGED')
})
