// gRPC by real clients against a real engine: Debian's Python, buf curl, and the examples of the documents.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { IMAGE } from '../helpers/engine.ts'
import { freePort } from '../helpers/port-ranges.ts'
import { generatePython, runPython, startPython } from '../helpers/python.ts'
import { startRegistry } from '../helpers/registry.ts'
import { portsOf, startServer } from '../helpers/server.ts'

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)

async function serve(t: Test, env: Record<string, string> = {}) {
  const port = freePort()
  const server = await startServer(t, { ports: portsOf('grpc'), env: { BERTH_GRPC_PORT: String(port), ...env } })
  return { server, address: `127.0.0.1:${port}` }
}

t.test('a series of calls from Python, to the stop of the server', async (t) => {
  const python = t.testdir({})
  await generatePython(python)
  const { host: registry } = await startRegistry(t)
  const { server, address } = await serve(t)
  const script = startPython(python, 'test/fixtures/grpc_calls.py', [address, registry, server.mark, IMAGE])
  t.teardown(() => script.kill('SIGKILL'))
  let complaint = ''
  script.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))

  const steps: Record<string, Record<string, unknown>> = {}
  let stopping: Promise<unknown> | undefined
  let stoppedAfter = Number.POSITIVE_INFINITY
  for await (const line of createInterface(script.stdout)) {
    const { step, ...facts } = JSON.parse(line) as { step: string }
    steps[step] = facts
    if (step !== 'watching') continue
    const started = performance.now()
    stopping = server.kill('SIGTERM').then(() => (stoppedAfter = performance.now() - started))
  }
  await stopping
  t.equal(complaint, '')
  const name = `grpc-${server.mark}`
  t.match(steps.build, { success: true, message: `Built berth-test/${name}:1` })
  t.match(steps.push, { success: true, image: `${registry}/berth-test/${name}:1`, digest: /^sha256:/ })
  t.match(steps.run, { state: 'running', ports: { '5000/tcp': /^127\.0\.0\.1:8\d+$/ }, env: ['HOST_PORT', 'SIZE'] })
  t.match(steps['name taken'], { status: 'ALREADY_EXISTS', message: /^A container has this name: / })
  t.match(steps['remove running'], { status: 'FAILED_PRECONDITION', message: /^The container is running: / })
  t.match(steps.inspect, { state: 'running' })
  t.ok(Number(steps.inspect?.memory) > 0, 'memory in use')
  t.match(steps.logs, { lines: ['blue large'], dated: true })
  t.match(steps.stop, { changed: true, message: /^Container stopped/, state: 'exited' })
  t.match(steps['stop again'], { changed: false, message: 'Container already stopped', state: 'exited' })
  t.match(steps.remove, { success: true, message: 'Container removed' })
  for (const step of ['stop nobody', 'remove nobody', 'logs of nobody'])
    t.match(steps[step], { status: 'NOT_FOUND', message: /^Container not found: / }, step)
  t.match(steps['missing image'], { status: 'NOT_FOUND', message: /^Image not found: / })
  t.match(steps.invalid, { status: 'INVALID_ARGUMENT', message: /name .*memory /s })
  t.match(steps['push of nothing'], { status: 'NOT_FOUND' })
  t.match(steps.lines, { complete: true }, 'a thousand lines without loss')
  t.match(steps.streams, { answered: 100 })
  t.match(steps['deadline in a build'], { status: 'DEADLINE_EXCEEDED' })
  t.match(steps['its build'], { status: 'cancelled' })
  t.match(steps['deadline in a run'], { status: 'DEADLINE_EXCEEDED' })
  t.match(steps['its container'], { left: 0 })
  t.match(steps.end, { status: 'UNAVAILABLE', message: /^The server is stopping/ })
  t.ok(stoppedAfter < 8_000, `the server ended with an open stream after ${Math.round(stoppedAfter)} ms`)
})

t.test('buf curl needs no proto file, over gRPC and over Connect', async (t) => {
  const { server, address } = await serve(t)
  const curl = async (...args: string[]) =>
    (await run('buf', ['curl', '--http2-prior-knowledge', ...args], { cwd: t.testdir({}) })).stdout
  const service = `http://${address}/berth.docker.v1.DockerService`
  t.match(await curl('--list-services', `http://${address}`), /^berth\.docker\.v1\.DockerService$/m)
  for (const protocol of ['grpc', 'connect']) {
    const labels = JSON.stringify({
      name: `curl-${protocol}`,
      image: IMAGE,
      command: ['sleep', '9'],
      labels: server.labels
    })
    const made = await curl('--protocol', protocol, '--data', labels, `${service}/RunDockerContainer`)
    t.match(JSON.parse(made), { container: { name: `curl-${protocol}`, state: 'running' } })
    const failed = await curl(
      '--protocol',
      protocol,
      '--data',
      '{"name": "nobody"}',
      `${service}/StopDockerContainer`
    ).catch(({ stderr }: { stderr: string }) => stderr)
    t.match(JSON.parse(failed), { code: 'not_found', message: /^Container not found/ }, protocol)
  }
})

t.test('examples in the documents', async (t) => {
  const { address } = await serve(t)
  const python = t.testdir({})
  await generatePython(python)
  const said =
    /^(api-server-\S+) is running at 127\.0\.0\.1:8\d+\nit uses .* MB and .* % of a core\nstdout: hello\nContainer stopped.*\nContainer already stopped\nContainer removed\nN.*: Container not found: .*\1/s
  t.match(await runPython(python, 'docs/examples/grpc/client.py', [address, IMAGE]), said)
  const { stdout } = await run(process.execPath, ['docs/examples/grpc/client.ts', `http://${address}`, IMAGE], {
    cwd: ROOT
  })
  t.match(stdout, said)
})
