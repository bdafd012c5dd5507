import t from 'tap'
import { build, problem } from '../helpers/build.ts'

const alive = setInterval(() => {}, 1_000)
t.teardown(() => clearInterval(alive))

t.test('GET /containers/:id/wait', async (t) => {
  t.test('returns when the container exits, by default', async (t) => {
    const { make, get, engine } = await build(t)
    const { full_id: id } = await make({ name: 'web' })
    const waiting = get('/containers/web/wait')
    await new Promise((resolve) => setImmediate(resolve))
    engine.end(id, 3)
    const answer = await waiting
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { reached: 'exited', container: { name: 'web', exit_code: 3 }, waited_ms: Number })
  })

  t.test('returns at once if the condition already holds', async (t) => {
    const { make, get } = await build(t)
    await make({ name: 'web' })
    t.match((await get('/containers/web/wait?for=running')).json(), {
      reached: 'running',
      container: { state: 'running' }
    })
  })

  t.test('returns no container after its removal', async (t) => {
    const { make, get, ask } = await build(t)
    await make({ name: 'web' })
    const waiting = get('/containers/web/wait?for=removed')
    await new Promise((resolve) => setImmediate(resolve))
    await ask('DELETE', '/containers/web?force=true')
    t.match((await waiting).json(), { reached: 'removed', container: null })
  })

  t.test('fails early if the condition can no longer hold', async (t) => {
    const { make, get, engine } = await build(t)
    const { full_id: id } = await make({ name: 'web', healthcheck: { test: ['CMD', 'true'] } })
    engine.write(id, 'out of luck')
    engine.end(id, 1)
    const body = problem(t, await get('/containers/web/wait?for=healthy'), 422, 'CONTAINER_EXITED')
    t.match(body, { exit_code: 1, logs: 'out of luck' })
  })

  t.test('fails after the timeout, and leaves the container alone', async (t) => {
    const { make, get, engine } = await build(t)
    await make({ name: 'web' })
    problem(t, await get('/containers/web/wait?timeout_seconds=0.1'), 504, 'WAIT_TIMEOUT')
    t.match(engine.records(), [{ state: 'running' }])
  })

  t.test('refuses an unknown parameter by name', async (t) => {
    const { make, get } = await build(t)
    await make({ name: 'web', ports: [] })
    const table: [query: string, field: string][] = [
      ['for=happiness', 'for'],
      ['timeout_seconds=0', 'timeout_seconds'],
      ['timeout_seconds=301', 'timeout_seconds'],
      ['for=http&path=ready', 'path'],
      ['for=port', 'wait'],
      ['for=healthy', 'wait']
    ]
    for (const [query, field] of table)
      t.match(problem(t, await get(`/containers/web/wait?${query}`), 400, 'INVALID_REQUEST').errors, [{ field }], query)
    problem(t, await get('/containers/nobody/wait'), 404, 'CONTAINER_NOT_FOUND')
  })
})
