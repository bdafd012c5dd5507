import t from 'tap'
import type { Test } from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

const EXEC = '/containers/web/exec'
const withExec = async (t: Test) => {
  const server = await build(t, { env: { BERTH_EXEC: 'true' } })
  await server.make({ name: 'web' })
  return server
}

t.test('is off by default', async (t) => {
  const { make, post, engine } = await build(t)
  await make({ name: 'web' })
  problem(t, await post(EXEC, { command: ['id'] }), 403, 'EXEC_DISABLED')
  t.notOk(engine.writes().includes('exec'))
})

t.test('answers with exit code and output', async (t) => {
  const { post, engine } = await withExec(t)
  engine.exec = async (_id, request) => {
    t.strictSame(request, { command: ['ls', '-l'], env: { A: '1' }, workingDir: '/tmp', user: 'app' })
    return { exitCode: 2, stdout: 'out', stderr: 'err', truncated: true }
  }
  const answer = await post(EXEC, { command: ['ls', '-l'], env: { A: '1' }, working_dir: '/tmp', user: 'app' })
  t.equal(answer.statusCode, 200, 'whatever the exit code')
  t.strictSame(answer.json(), { exit_code: 2, stdout: 'out', stderr: 'err', truncated: true })
})

t.test('needs a running container', async (t) => {
  const { post } = await withExec(t)
  problem(t, await post('/containers/nobody/exec', { command: ['id'] }), 404, 'CONTAINER_NOT_FOUND')
  await post('/containers/web/stop')
  t.match(problem(t, await post(EXEC, { command: ['id'] }), 409, 'CONTAINER_NOT_RUNNING'), { state: 'exited' })
})

t.test('is refused in foreign containers', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'foreign' })
  const { post } = await build(t, { engine, env: { BERTH_EXEC: 'true' } })
  problem(t, await post('/containers/foreign/exec', { command: ['id'] }), 403, 'CONTAINER_NOT_MANAGED')
})

t.test('streams the output of both streams separately, then the exit code', async (t) => {
  const { post, engine } = await withExec(t)
  const answer = post(EXEC, { command: ['sleep', '9'], stdin: 'in', stream: true })
  await until(() => engine.processes[0]?.input() === 'in')
  const [running] = engine.processes
  const euro = Buffer.from('€')
  running?.write('out')
  running?.write(euro.subarray(0, 2), 'stderr')
  running?.write(euro.subarray(2), 'stderr')
  running?.exit(3)
  const { headers, body } = await answer
  t.match(headers['content-type'], /^text\/event-stream/)
  t.equal(
    body,
    'event: stdout\ndata: {"text":"out"}\n\nevent: stderr\ndata: {"text":"€"}\n\nevent: end\ndata: {"reason":"exited","exit_code":3}\n\n'
  )
})

t.test('a stream ends at its timeout, and its command with it', async (t) => {
  const { post, engine } = await withExec(t)
  const answer = await post(EXEC, { command: ['sleep', '9'], stream: true, timeout_seconds: 0.1 })
  t.match(answer.body, /"code":"EXEC_TIMEOUT"/)
  t.ok(engine.processes[0]?.hasEnded())
})

t.test('ends at its timeout', async (t) => {
  const { post, engine } = await withExec(t)
  engine.exec = async (_id, _request, { signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    throw new AppError('EXEC_TIMEOUT', 'The command did not finish in time.')
  }
  // The deadline alone does not keep a process alive, as a listening server does.
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
  problem(t, await post(EXEC, { command: ['sleep', '9'], timeout_seconds: 0.1 }), 504, 'EXEC_TIMEOUT')
})
