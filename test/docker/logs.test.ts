import assert from 'node:assert/strict'
import t from 'tap'
import { docker, eventually, IMAGE, ignoreMissing } from '../helpers/engine.ts'
import { readEvents, type ServerEvent } from '../helpers/events.ts'
import { portsOf, SLEEPER, startServer } from '../helpers/server.ts'

const server = await startServer(t, { ports: portsOf('logs'), env: { BERTH_EXEC: 'true' } })
const run = async (script: string) => (await server.create({ command: ['sh', '-c', script], ports: [] })).body
const ended = (id: string) => server.get(`/containers/${id}/wait?for=exited`)
const logs = async (id: string, query = '') => (await server.get(`/containers/${id}/logs?${query}`)).text
type Line = { stream: string; timestamp: string; line: string }
const lines = async (id: string, query = '') =>
  (await server.get<{ lines: Line[] }>(`/containers/${id}/logs?format=json&${query}`)).body.lines
t.afterEach(() => server.removeAll())

t.test('tail, since, until, timestamps and the two streams', async (t) => {
  const { id } = await run('for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; sleep 0.05; done')
  await ended(id)
  const all = await lines(id)
  t.equal(all.length, 10)
  t.same(
    all.filter(({ stream }) => stream === 'stderr').map(({ line }) => line),
    ['err 1', 'err 2', 'err 3', 'err 4', 'err 5']
  )
  t.equal(await logs(id, 'stderr=false&tail=2'), 'out 4\nout 5\n')
  t.equal(await logs(id, 'stdout=false&tail=1'), 'err 5\n')
  t.equal(await logs(id, 'tail=0'), '')
  t.match(await logs(id, 'tail=1&timestamps=true'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (out|err) 5\n$/)

  const third = all.find(({ line }) => line === 'out 3')?.timestamp ?? ''
  const seconds = (time: string) => `${Math.floor(Date.parse(time) / 1000)}.${/\.(\d{9})/.exec(time)?.[1]}`
  for (const time of [third, seconds(third)]) {
    const since = await lines(id, `stderr=false&since=${time}`)
    t.same(
      since.map(({ line }) => line),
      ['out 3', 'out 4', 'out 5'],
      `since ${time}`
    )
    const until = await lines(id, `stderr=false&until=${time}`)
    t.same(
      until.map(({ line }) => line),
      ['out 1', 'out 2', 'out 3'],
      `until ${time}`
    )
  }
  t.match(await server.get(`/containers/${id}/logs?since=yesterday`), {
    status: 400,
    body: { errors: [{ field: 'since' }] }
  })
})

t.test('characters and long lines arrive whole', async (t) => {
  // The engine keeps lines above 16 KiB in parts.
  const long = 'seq -s "" 20000'
  const wide = 'for i in $(seq 1500); do echo -n "aé€😀"; done; echo'
  const { id } = await run(`${long}; ${wide}; printf "é"; sleep 0.2; printf "€\\nend"`)
  await ended(id)
  const [first, second, third, last] = await lines(id)
  const numbers = Array.from({ length: 20_000 }, (_none, index) => index + 1).join('')
  t.equal(first?.line.length, numbers.length)
  t.ok(first?.line === numbers, 'a long line is whole')
  t.ok(second?.line === 'aé€😀'.repeat(1_500), 'so are wide characters')
  t.equal(third?.line, 'é€', 'and what was written in two pieces')
  t.equal(last?.line, 'end', 'the last line needs no newline')
})

t.test('with a terminal', async (t) => {
  const container = await docker.createContainer({
    Image: IMAGE,
    Cmd: ['sh', '-c', 'echo héllo; echo err >&2'],
    Tty: true
  })
  t.teardown(() => ignoreMissing(container.remove({ force: true })))
  await container.start()
  await container.wait()
  await eventually(async () => assert.equal((await server.get(`/containers/${container.id}`)).status, 200))
  t.same(
    (await lines(container.id)).map(({ stream, line }) => [stream, line]),
    [
      ['stdout', 'héllo'],
      ['stdout', 'err']
    ]
  )
})

t.test('follow ends with the container and gives the reason', async (t) => {
  const { id } = await run('for i in 1 2 3; do echo line $i; sleep 0.2; done; echo bye >&2; exit 4')
  const events = await follow(id)
  t.same(
    events.map(({ event, data }) => `${event} ${data.line ?? `${data.reason} ${data.exit_code}`}`),
    ['stdout line 1', 'stdout line 2', 'stdout line 3', 'stderr bye', 'end exited 4']
  )
  t.ok(events.slice(0, -1).every(({ id: at, data }) => at === data.timestamp))
})

t.test('Last-Event-ID resumes without loss or duplicates', async (t) => {
  const { id } = await run('for i in $(seq 300); do echo $i; [ $((i % 20)) = 0 ] && sleep 0.1; done; exit 0')
  const seen: string[] = []
  let last: string | undefined
  for (;;) {
    const events = await follow(id, last, 70)
    const numbered = events.filter(({ event }) => event === 'stdout')
    seen.push(...numbered.map(({ data }) => String(data.line)))
    last = numbered.at(-1)?.id ?? last
    if (events.some(({ event }) => event === 'end')) break
  }
  t.same(
    seen,
    Array.from({ length: 300 }, (_none, index) => String(index + 1))
  )
})

t.test('following a removed container', async (t) => {
  const { id } = await run('echo here; sleep 3600')
  const events = follow(id)
  await eventually(async () => assert.match(await logs(id), /here/))
  await server.delete(`/containers/${id}?force=true`)
  t.match((await events).at(-1), { event: 'end', data: { reason: 'removed' } })
})

t.test('10,000 lines', async (t) => {
  const { id } = await run('seq 10000')
  await ended(id)
  const text = await logs(id, 'tail=100000')
  const all = `${Array.from({ length: 10_000 }, (_none, index) => index + 1).join('\n')}\n`
  t.ok(text === all, `${text.length} of ${all.length} characters`)
  t.equal((await logs(id)).split('\n').length, 1_001, 'a thousand by default')
  const events = await follow(id, undefined, undefined, 'tail=100000')
  t.equal(events.filter(({ event }) => event === 'stdout').length, 10_000)
})

t.test('exec', async (t) => {
  const { body } = await server.create({ command: SLEEPER, ports: [] })
  type Result = { exit_code: number; stdout: string; stderr: string; truncated: boolean }
  const exec = (command: string[], more: object = {}) =>
    server.post<Result>(`/containers/${body.id}/exec`, { command, ...more })

  const both = await exec(['sh', '-c', 'echo "out é"; echo err >&2; exit 3'])
  t.match(both, { status: 200, body: { exit_code: 3, stdout: 'out é\n', stderr: 'err\n', truncated: false } })
  const placed = await exec(['sh', '-c', 'echo $WHO $(pwd) $(id -u)'], {
    env: { WHO: 'me' },
    working_dir: '/tmp',
    user: '1000'
  })
  t.match(placed.body, { exit_code: 0, stdout: 'me /tmp 1000\n' })
  const bare = await exec(['grep', '-h', 'NoNewPrivs\\|CapEff', '/proc/self/status'])
  t.equal(bare.body.stdout, 'CapEff:\t00000000000004eb\nNoNewPrivs:\t1\n', 'no more rights than the workload')

  const much = await exec(['sh', '-c', 'yes | head -c 3000000'])
  const { stdout: kept, ...rest } = much.body
  t.match({ ...rest, kept: kept.length }, { exit_code: 0, truncated: true, kept: 1024 ** 2 })
  const missing = await exec(['/no/such/program'])
  t.ok(
    (missing.status === 200 && [126, 127].includes(missing.body.exit_code)) ||
      missing.body.code === 'CONTAINER_START_FAILED',
    `no such program: ${missing.text}`
  )
  const started = performance.now()
  t.match(await exec(['sleep', '60'], { timeout_seconds: 0.5 }), { status: 504, body: { code: 'EXEC_TIMEOUT' } })
  t.ok(performance.now() - started < 10_000)

  await server.post(`/containers/${body.id}/stop?timeout=0`)
  t.match(await exec(['true']), { status: 409, body: { code: 'CONTAINER_NOT_RUNNING' } })
})

t.test('exec is disabled by default', async (t) => {
  const shut = await startServer(t, { ports: portsOf('logs') })
  const { body } = await shut.create({ command: SLEEPER, ports: [] })
  const answer = await shut.post(`/containers/${body.id}/exec`, { command: ['true'] })
  t.match(answer, { status: 403, body: { code: 'EXEC_DISABLED' } })
})

function follow(id: string, lastEventId?: string, most?: number, query = ''): Promise<ServerEvent[]> {
  return readEvents(`${server.url}/containers/${id}/logs?follow=true&${query}`, { lastEventId, ...(most && { most }) })
}
