// Terminals on the real engine: their screen, and their leftovers.

import xterm from '@xterm/headless'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { docker } from '../helpers/engine.ts'
import { portsOf, SLEEPER, startServer } from '../helpers/server.ts'
import { openTerminal, refusedUpgrade } from '../helpers/terminal.ts'
import { until } from '../helpers/until.ts'
import { WINDOW_BYTES, type Resume, type Start } from '../../src/terminal/frames.ts'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')
const server = await startServer(t, { ports: portsOf('terminal'), env: { BERTH_EXEC: 'true' } })
const { body: box } = await server.create({ command: SLEEPER, ports: [] })
const open = (start: Start | Resume = {}, given = {}) => openTerminal(server.url, box.id, start, given)

/** The command lines of all processes in the container, as the engine reports them. */
async function processes(id = box.id): Promise<string[]> {
  const { Titles: titles, Processes: rows } = await docker.getContainer(id).top()
  return rows.map((row: string[]) => row[titles.indexOf('CMD')] ?? '')
}

// The engine may put an init before it, which takes a moment to become the command.
await until(async () => (await processes()).includes(SLEEPER.join(' ')))
const workload = (await processes()).join()
const onlyTheWorkload = () => until(async () => (await processes()).join() === workload)

/** A terminal with a screen that answers queries of programs, like a real terminal. */
async function openScreen(start: Start & { cols: number; rows: number }) {
  const screen = new xterm.Terminal({ ...start, allowProposedApi: true })
  const terminal = await open(start, { onOutput: (bytes: Uint8Array) => screen.write(bytes) })
  screen.onData(terminal.type)
  return {
    ...terminal,
    line: (row: number) => screen.buffer.active.getLine(row)?.translateToString().trimEnd() ?? '',
    resize(cols: number, rows: number) {
      screen.resize(cols, rows)
      terminal.send({ kind: 'resize', cols, rows })
    }
  }
}

t.test('vi shows its screen, saves typed text, and follows a new size', async (t) => {
  const { line, ...terminal } = await openScreen({ command: ['vi', '/tmp/poem'], cols: 40, rows: 8 })
  await until(() => line(7).includes('/tmp/poem'))
  terminal.type('ifirst line\rsecond line\u001b')
  await until(() => line(1) === 'second line')
  t.strictSame([0, 1, 2, 6].map(line), ['first line', 'second line', '~', '~'])
  terminal.resize(60, 12)
  await until(() => line(10) === '~')
  terminal.type(':wq\r')
  t.strictSame(await terminal.ended(), { exit_code: 0, reason: 'exited' })
  const { body } = await server.post<{ stdout: string }>(`/containers/${box.id}/exec`, {
    command: ['cat', '/tmp/poem']
  })
  t.equal(body.stdout, 'first line\nsecond line\n')
})

t.test('a shell: size, Ctrl-C, exit code', async (t) => {
  const terminal = await open({ cols: 100, rows: 30 })
  terminal.type('stty size\r')
  await terminal.shows('30 100')
  terminal.send({ kind: 'resize', cols: 90, rows: 20 })
  terminal.type('stty size\r')
  await terminal.shows('20 90')
  terminal.type('sleep 777\r')
  await until(async () => (await processes()).includes('sleep 777'))
  terminal.type('\u0003')
  terminal.type('echo code $?\r')
  await terminal.shows('code 130')
  terminal.type('exit 3\r')
  t.strictSame(await terminal.ended(), { exit_code: 3, reason: 'exited' })
  await onlyTheWorkload()
})

t.test('nothing survives the close of a terminal', async (t) => {
  const terminal = await open()
  terminal.type("sleep 801 & (setsid sleep 802 &); trap '' HUP TERM; sleep 803\r")
  const started = ['sleep 801', 'sleep 802', 'sleep 803']
  await until(async () => {
    const all = await processes()
    return started.every((each) => all.includes(each))
  })
  terminal.socket.close()
  await onlyTheWorkload()
  t.pass()
})

t.test('a program that floods a slow reader waits, and the server stays small', async (t) => {
  const residentBytes = () =>
    1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1])
  const before = residentBytes()
  const slow = await Promise.all(
    Array.from({ length: 8 }, () => open({ command: ['yes', 'x'.repeat(1000)] }, { acknowledges: false }))
  )
  await until(() => slow.every((each) => each.bytes() === WINDOW_BYTES))
  const fast = await open({ command: ['sh', '-c', `yes ${'x'.repeat(1000)} | head -c 3000000; echo done`] })
  await fast.shows('done')
  t.ok(residentBytes() - before < 64 * 1024 ** 2, `${Math.round((residentBytes() - before) / 1024 ** 2)} MiB more`)
  t.ok(slow.every((each) => each.bytes() === WINDOW_BYTES))
  for (const each of slow) each.socket.close()
  await fast.ended()
  await onlyTheWorkload()
})

t.test('a session with a cut connection resumes without a byte lost', async (t) => {
  const first = await open({ command: ['sh', '-c', 'seq 1 100000; read answer; echo "got $answer"'] })
  await until(() => first.bytes() > 100_000)
  first.cut()
  await until(() => first.closed() !== undefined)
  const received = first.received()
  const again = await open({ session: first.opened().session, received })
  t.equal(again.opened().offset, received)
  await again.shows('\n100000\r\n')
  t.equal(
    again.received(),
    Array.from({ length: 100_000 }, (_, n) => `${n + 1}\r\n`.length).reduce((a, b) => a + b)
  )
  again.type('yes\r')
  await again.shows('got yes')
  t.match(await again.ended(), { exit_code: 0 })
})

t.test('a container that stops ends the session', async (t) => {
  const { body: other } = await server.create({ command: SLEEPER, ports: [] })
  const terminal = await openTerminal(server.url, other.id)
  await server.post(`/containers/${other.id}/stop?timeout=0`)
  t.match(await terminal.ended(), { exit_code: 137 })
})

t.test('web pages and other names are refused', async (t) => {
  t.match(await refusedUpgrade(server.url, box.id, { headers: { origin: 'http://evil.example' } }), {
    code: 'CROSS_ORIGIN_REFUSED'
  })
  t.match(await refusedUpgrade(server.url, box.id, { headers: { host: 'evil.example' } }), { code: 'HOST_NOT_ALLOWED' })
})

t.test('the detach keys of the engine go to the program', async (t) => {
  const terminal = await open({ command: ['sh', '-c', 'read line; echo "got $line"'] })
  terminal.type('\u0010\u0011word\r')
  await terminal.shows('got')
  t.match(await terminal.ended(), { exit_code: 0 })
})

t.test('berth attach detaches at Ctrl-P Ctrl-Q, even if both arrive together, and reattaches', async (t) => {
  const attach = (options: string[], ...command: string[]) => {
    const env = { ...process.env, NODE_OPTIONS: '', BERTH_URL: server.url }
    const child = spawn(process.execPath, [MAIN, 'attach', ...options, box.id, ...command], { env })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (output += String(piece)))
    t.teardown(() => child.kill())
    return { child, shows: (text: string) => until(() => output.includes(text)), output: () => output }
  }
  const first = attach([], 'sh', '-c', 'echo ready; read line; echo "got $line"')
  await first.shows('ready')
  first.child.stdin.write('one\u0010\u0011')
  t.strictSame(await once(first.child, 'exit'), [0, null])
  const [, id = ''] = /berth attach --session (\S+)/.exec(first.output()) ?? []
  const again = attach(['--session', id])
  again.child.stdin.write(' two\r')
  await again.shows('got one two')
})

t.test('npm run attach runs a command and returns its exit code', async (t) => {
  const { port } = new URL(server.url)
  const attach = spawn(
    process.execPath,
    [MAIN, 'attach', box.id, '--', 'sh', '-c', 'read line; echo "heard $line"; exit 5'],
    {
      env: { ...process.env, NODE_OPTIONS: '', BERTH_PORT: port },
      stdio: ['pipe', 'pipe', 'inherit']
    }
  )
  let output = ''
  attach.stdout.on('data', (piece: Buffer) => (output += piece.toString()))
  attach.stdin.write('hello\r')
  const code = await new Promise((resolve) => attach.once('exit', resolve))
  t.match(output, /heard hello/)
  t.equal(code, 5)
})

t.test('a stopping server ends its terminals', async (t) => {
  const terminal = await open()
  await server.kill('SIGTERM')
  t.match(await terminal.ended(), { reason: 'the server is stopping' })
  await onlyTheWorkload()
})
