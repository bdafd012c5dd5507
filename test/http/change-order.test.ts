import t from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

t.test('changes of a container happen one after the other', async (t) => {
  const { make, post, engine } = await build(t)
  await make({ name: 'web' })
  const stop = engine.stopContainer
  const proceed = Promise.withResolvers<void>()
  engine.stopContainer = async (...args) => {
    await proceed.promise
    return stop(...args)
  }
  const stopping = post('/containers/web/stop')
  await new Promise((resolve) => setImmediate(resolve))
  const starting = post('/containers/web/start')
  proceed.resolve()
  t.match((await stopping).json(), { changed: true, state: 'exited' })
  t.match((await starting).json(), { changed: true, state: 'running' })
})

t.test('changes by other clients', async (t) => {
  const { make, post, ask, engine, get } = await build(t)
  const { full_id: id } = await make({ name: 'web' })

  t.test('is seen by a change before its event', async (t) => {
    engine.end(id, 1)
    t.match((await post('/containers/web/stop')).json(), { changed: false, exit_code: 1 })
  })

  t.test('a removal is a 404 and frees the port', async (t) => {
    await engine.removeContainer(id, { force: true, volumes: true })
    problem(t, await ask('DELETE', '/containers/web'), 404, 'CONTAINER_NOT_FOUND')
    t.match((await get('/ports')).json().counts, { free: 999 })
  })
})

t.test('an abandoned change leaves the queue, and a forced one goes first', async (t) => {
  const engine = createMemoryEngine()
  const { make, app, ask } = await build(t, { engine })
  await make({ name: 'web' })
  // A workload that does not end by itself: the engine waits for the given timeout.
  let stops = 0
  const { stopContainer } = engine
  engine.stopContainer = async (id, _seconds, signal) => {
    stops++
    await new Promise<void>((_resolve, reject) =>
      signal?.addEventListener('abort', () => reject(new AppError('REQUEST_CANCELLED', 'The request was cancelled.')))
    )
    return stopContainer(id, 0)
  }
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const left = new AbortController()
  const restart = (signal?: AbortSignal) =>
    fetch(`${url}/containers/web/restart?timeout=300`, { method: 'POST', signal: signal ?? null })
  const first = restart()
  await until(() => stops === 1)
  const abandoned = Array.from({ length: 250 }, () => restart(left.signal))
  left.abort()
  await Promise.allSettled(abandoned)
  const removed = await ask('DELETE', '/containers/web?force=true')
  t.equal(removed.statusCode, 200)
  t.match(await (await first).json(), { code: 'CONTAINER_BUSY', detail: /force/ })
  t.equal(stops, 1, 'none of the abandoned ones began')
  t.same(engine.records(), [])
})
