// Creates whose workload exits early or is not ready in time.

import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { leavesNothing } from '../helpers/leaves-nothing.ts'

t.test('a workload that exits before it is ready returns its exit code and last output', async (t) => {
  const server = await build(t)
  const { engine, post } = server
  const start = engine.startContainer
  engine.startContainer = async (id) => {
    await start(id)
    engine.write(id, 'no database', 'stderr')
    engine.end(id, 3)
  }
  const body = problem(t, await post('/containers', { wait: 'port' }), 422, 'CONTAINER_EXITED')
  t.match(body, { exit_code: 3, oom_killed: false, logs: 'no database', detail: /exit code 3.*no database/s })
  await leavesNothing(t, server)
})

t.test('a short task that exits before the response is not a failure', async (t) => {
  const { engine, make } = await build(t)
  const start = engine.startContainer
  engine.startContainer = async (id) => {
    await start(id)
    engine.end(id, 0)
  }
  t.match(await make({ command: ['true'] }), { state: 'exited', exit_code: 0 })
})

t.test('a workload that is not ready in time returns WAIT_TIMEOUT', async (t) => {
  const server = await build(t, { env: { BERTH_PORT_RANGE: '8990-8999' } })
  const answer = await server.post('/containers', {
    wait: 'healthy',
    healthcheck: { test: ['CMD', 'true'] },
    wait_timeout_seconds: 0.1
  })
  const body = problem(t, answer, 504, 'WAIT_TIMEOUT')
  t.match(body, { state: 'running', health: 'starting', retryable: true })
  await leavesNothing(t, server)
})

t.test('wait: healthy without a health check returns INVALID_REQUEST', async (t) => {
  const server = await build(t)
  const body = problem(t, await server.post('/containers', { wait: 'healthy' }), 400, 'INVALID_REQUEST')
  t.match(body.errors, [{ field: 'wait' }])
  await leavesNothing(t, server)
})
