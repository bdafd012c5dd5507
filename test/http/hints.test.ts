// Hints for users who build and run their own application.

import t from 'tap'
import { AppError } from '../../src/errors.ts'
import { loadConfig } from '../../src/load-config.ts'
import { build, problem } from '../helpers/build.ts'
import { serveBuilds } from '../helpers/build-server.ts'
import { openEvents } from '../helpers/sse.ts'

t.test('a build that runs its image shows the URL of the container', async (t) => {
  const { app, ended, get, submit } = await serveBuilds(t)
  const { id } = await submit({ run: '{"name":"app"}' })
  t.match(await ended(id), { run: { status: 'completed', url: 'http://127.0.0.1:8001' } })
  t.match((await get(`/builds/${id}/logs`)).body, /running app at http:\/\/127\.0\.0\.1:8001\n/)
  const events = await (await openEvents(t, app, `/builds/${id}/logs`)).all()
  t.match(events.at(-1), { event: 'end', data: { url: 'http://127.0.0.1:8001' } })
})

t.test('reports an exited workload with its last output', async (t) => {
  const { engine, post } = await build(t)
  const start = engine.startContainer
  engine.startContainer = async (id) => {
    await start(id)
    engine.write(id, 'no such file: app.js', 'stderr')
    engine.end(id, 1)
  }
  const answer = await post('/containers', { name: 'app' })
  t.equal(answer.statusCode, 201)
  const { warnings, state } = answer.json()
  t.equal(state, 'exited')
  t.match(warnings, [/^Container app ended with exit code 1\. Its last output:\nno such file: app\.js$/])
  const idle = await post('/containers', { start: false })
  t.strictSame(idle.json().warnings, [])
})

t.test('a misspelt image name gets a suggestion', async (t) => {
  const { engine, post } = await build(t)
  engine.pullImage = async () => {
    throw new AppError('IMAGE_NOT_FOUND', 'The engine could not pull it: pull access denied')
  }
  const { detail } = problem(t, await post('/containers', { image: 'base-api-sevrer' }), 404, 'IMAGE_NOT_FOUND')
  t.match(detail, /denied\. Did you mean base-api-server(:latest)?, which is on this machine\?$/)
  const notHere = await post('/containers', { image: 'base-api-server:latets', pull: 'never' })
  t.match(
    problem(t, notHere, 404, 'IMAGE_NOT_FOUND').detail,
    /"never"\. Did you mean base-api-server:latest, which is on this machine/
  )
  t.notMatch(problem(t, await post('/containers', { image: 'zzz/qqq' }), 404, 'IMAGE_NOT_FOUND').detail, /Did you mean/)
})

t.test('a path of the API used as a container name gets an error with the method', async (t) => {
  const { get, post } = await build(t)
  const answer = await get('/containers/create')
  t.match(problem(t, answer, 405, 'METHOD_NOT_ALLOWED').detail, /takes POST, not GET/)
  t.equal(answer.headers.allow, 'POST')
  for (const name of ['create', 'running'])
    t.match(problem(t, await post('/containers', { name }), 400, 'INVALID_REQUEST').errors, [{ field: 'name' }])
})

t.test('an unknown setting gets a suggestion', async (t) => {
  const warningOf = (name: string) => loadConfig({ [name]: '1' }).warnings[0]
  t.match(warningOf('BERTH_PRT'), /is BERTH_PORT meant\?$/)
  t.match(warningOf('BERTH_MEMORY_LIMIT'), /is BERTH_MEMORY_(MAX|DEFAULT) meant\?$/)
  t.match(warningOf('BERTH_XYZZY'), /has no effect$/)
})
