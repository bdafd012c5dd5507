// Terminals over the WebSocket, with an engine in memory. On the real engine: docker/terminal.test.ts.

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { DETACH_CODE, TERMINAL_PROTOCOL, WINDOW_BYTES } from '../../src/terminal/frames.ts'
import { build, problem } from '../helpers/build.ts'
import { makeFolder } from '../helpers/folder.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { openTerminal, refusedUpgrade } from '../helpers/terminal.ts'
import { until } from '../helpers/until.ts'

const OPERATOR = 'x'.repeat(40)

async function serve(t: Test, env: Record<string, string> = {}) {
  const engine = createMemoryEngine()
  const { id } = engine.add({ name: 'web', labels: { 'io.berth.managed': 'true' } })
  const server = await build(t, { engine, env: { BERTH_EXEC: 'true', ...env } })
  await server.app.listen({ host: '127.0.0.1', port: 0 })
  const base = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`
  const last = () => engine.processes.at(-1)!
  return { ...server, engine, id, base, last }
}

t.test('starts the best shell, takes input, sizes and signals, and returns the exit code', async (t) => {
  const { base, last } = await serve(t)
  const terminal = await openTerminal(base, 'web', { cols: 100, rows: 30, env: { A: '1' } })
  t.equal(terminal.socket.protocol, TERMINAL_PROTOCOL)
  t.match(terminal.opened(), { session: /^[\w-]{22}$/, command: [], offset: 0 })
  t.match(last().request, { command: ['sh', '-c', /bash/], env: { A: '1', TERM: 'xterm-256color' } })
  terminal.type('hello')
  await terminal.shows('hello')
  terminal.send({ kind: 'resize', cols: 132, rows: 43 })
  terminal.send({ kind: 'signal', signal: 'INT' })
  t.strictSame(await terminal.ended(), { exit_code: 130, reason: 'exited' })
  t.strictSame(last().sizes, [
    { cols: 100, rows: 30 },
    { cols: 132, rows: 43 }
  ])
  await terminal.whenClosed()
  t.equal(terminal.closed(), 1000)
})

t.test('refuses impossible requests, before the upgrade if possible', async (t) => {
  const { base, get, engine, id } = await serve(t)
  problem(t, await get('/containers/web/terminal'), 426, 'UPGRADE_NEEDED')
  problem(t, await get('/containers/nobody/terminal'), 404, 'CONTAINER_NOT_FOUND')
  t.match(await refusedUpgrade(base, 'nobody'), { status: 404, code: 'CONTAINER_NOT_FOUND' })
  t.match(await refusedUpgrade(base, 'web', { headers: { origin: 'http://evil.example' } }), {
    status: 403,
    code: 'CROSS_ORIGIN_REFUSED'
  })
  t.match(await refusedUpgrade(base, 'web', { headers: { host: 'evil.example' } }), {
    status: 421,
    code: 'HOST_NOT_ALLOWED'
  })
  t.match((await openTerminal(base, 'web', { command: ['nothing'] })).failed(), { code: 'COMMAND_NOT_STARTED' })
  t.match((await openTerminal(base, 'web', { cols: 0 })).failed(), { code: 'INVALID_REQUEST', detail: /cols/ })
  t.match((await openTerminal(base, 'web', { session: 'unknown' })).failed(), { code: 'TERMINAL_NOT_FOUND' })
  const stray = await openTerminal(base, 'web')
  stray.send({ kind: 'signal', signal: 'NONE' })
  await stray.whenClosed()
  t.match(stray.failed(), { code: 'INVALID_REQUEST' })
  engine.change(id, 'die', { state: 'exited' })
  await until(async () => (await get('/containers/web')).json().state === 'exited')
  t.match(await refusedUpgrade(base, 'web'), { status: 409, code: 'CONTAINER_NOT_RUNNING' })
})

t.test('is off if commands are off', async (t) => {
  const { base } = await serve(t, { BERTH_EXEC: 'false' })
  t.match(await refusedUpgrade(base, 'web'), { status: 403, code: 'EXEC_DISABLED' })
})

t.test('takes the token as a subprotocol, and requires the scope exec', async (t) => {
  const { base, post, ask, store } = await serve(t, { BERTH_TOKEN: OPERATOR })
  t.match(await refusedUpgrade(base, 'web'), { status: 401, code: 'UNAUTHORIZED' })
  t.match(await refusedUpgrade(base, 'web', { token: 'wrong' }), { status: 401, code: 'UNAUTHORIZED' })
  const make = async (scopes: string[]) =>
    (await post('/tokens', { name: scopes.join('-'), scopes }, { authorization: `Bearer ${OPERATOR}` })).json().token
  const [reader, worker] = [await make(['read']), await make(['exec', 'admin'])]
  t.match(await refusedUpgrade(base, 'web', { token: reader }), { status: 403, code: 'FORBIDDEN' })
  const terminal = await openTerminal(base, 'web', { command: ['cat', 'file'] }, { token: worker })
  const { session } = terminal.opened()
  t.equal(terminal.socket.protocol, TERMINAL_PROTOCOL, 'the token is not sent back')

  t.test('another caller cannot resume it', async (t) => {
    terminal.cut()
    const other = await openTerminal(base, 'web', { session }, { token: OPERATOR })
    t.match(other.failed(), { code: 'TERMINAL_NOT_FOUND' })
  })

  t.test('the audit trail records caller, command and duration', async (t) => {
    const again = await openTerminal(base, 'web', { session }, { token: worker })
    const revoked = await ask('DELETE', '/tokens/exec-admin', { headers: { authorization: `Bearer ${OPERATOR}` } })
    t.equal(revoked.statusCode, 200)
    t.match(await again.ended(), { reason: /revoked/ }, 'a revoked token ends it')
    await until(async () => (await store.audit.find({ action: 'runInTerminal', outcome: 'succeeded' }, 10)).length > 0)
    const [entry] = await store.audit.find({ action: 'runInTerminal', outcome: 'succeeded' }, 10)
    t.match(entry, { caller: 'exec-admin', object: 'web: cat file', durationMs: Number, scope: 'exec' })
    t.match(await store.audit.find({ action: 'openTerminal', outcome: 'attempted' }, 10), [{ object: 'web' }])
  })
})

t.test('a broken connection', async (t) => {
  const { base, last } = await serve(t)

  t.test('keeps its session, which resumes where it broke off', async (t) => {
    const first = await openTerminal(base, 'web')
    first.type('one ')
    await first.shows('one ')
    first.cut()
    last().write('two ')
    const { session } = first.opened()
    const again = await openTerminal(base, 'web', { session, received: first.received() })
    await again.shows('two ')
    t.equal(again.text(), 'two ', 'what was there is not sent again')
    const reloaded = await openTerminal(base, 'web', { session })
    await reloaded.shows('one two ')
    await again.whenClosed()
    t.match(again.failed(), { code: 'TERMINAL_TAKEN_OVER' })
    reloaded.socket.close(DETACH_CODE)
    await reloaded.whenClosed()
    t.notOk(last().hasEnded(), 'detaching does not change it')
  })

  t.test('gets the exit code of a command that ended meanwhile', async (t) => {
    const first = await openTerminal(base, 'web')
    first.cut()
    last().write('bye')
    last().exit(7)
    const again = await openTerminal(base, 'web', { session: first.opened().session })
    t.match(await again.ended(), { exit_code: 7 })
    t.equal(again.text(), 'bye')
    await again.whenClosed()
    await until(async () => {
      const late = await openTerminal(base, 'web', { session: first.opened().session })
      return late.failed()?.code === 'TERMINAL_NOT_FOUND'
    })
  })
})

t.test('closing the connection ends the command', async (t) => {
  const { base, last } = await serve(t)
  const terminal = await openTerminal(base, 'web')
  terminal.socket.close()
  await until(() => last().hasEnded())
})

t.test('a reader that does not acknowledge blocks the command', async (t) => {
  const { base, last } = await serve(t)
  const slow = await openTerminal(base, 'web', { command: ['yes'] }, { acknowledges: false })
  await until(() => slow.bytes() === WINDOW_BYTES)
  const produced = last().produced()
  t.ok(produced < WINDOW_BYTES + 100_000)
  const fast = await openTerminal(base, 'web', { command: ['yes'] })
  await until(() => fast.bytes() > 20 * WINDOW_BYTES)
  t.equal(slow.bytes(), WINDOW_BYTES, 'and nobody else')
  slow.acknowledge()
  await until(() => slow.bytes() === 2 * WINDOW_BYTES)
})

t.test('a reader that is a second behind at the end still gets the whole output', async (t) => {
  const { base, last } = await serve(t)
  const slow = await openTerminal(base, 'web', { command: ['cat', 'file'] })
  slow.socket.pause()
  last().write('x'.repeat(WINDOW_BYTES - 1) + '!')
  last().exit(0)
  await until(() => last().hasEnded())
  await sleep(1_000)
  slow.acknowledge()
  slow.socket.resume()
  t.match(await slow.ended(), { exit_code: 0 })
  t.equal(slow.bytes(), WINDOW_BYTES)
  t.match(slow.text(), /!$/)
  await slow.whenClosed()
  t.equal(slow.closed(), 1000)
})

t.test('terminals are limited per caller and in total', async (t) => {
  const { base } = await serve(t, { BERTH_TERMINALS_MAX: '2' })
  const first = await openTerminal(base, 'web')
  await openTerminal(base, 'web')
  t.match((await openTerminal(base, 'web')).failed(), { code: 'TOO_MANY_REQUESTS' })
  first.type('\u0004')
  await first.whenClosed()
  await until(async () => (await openTerminal(base, 'web')).failed() === undefined)
  t.pass('one that has ended gives its place back')

  const { base: other } = await serve(t, { BERTH_TERMINALS_PER_CALLER: '1', BERTH_TOKEN: OPERATOR })
  await openTerminal(other, 'web', {}, { token: OPERATOR })
  t.match((await openTerminal(other, 'web', {}, { token: OPERATOR })).failed(), {
    code: 'TOO_MANY_REQUESTS',
    detail: /"operator" has 1/
  })
})

t.test('a stopping server ends the commands with that reason', async (t) => {
  const { base, app, last } = await serve(t)
  const terminal = await openTerminal(base, 'web')
  const silent = new WebSocket(`${base.replace('http', 'ws')}/containers/web/terminal`)
  await new Promise((resolve) => silent.once('open', resolve))
  await app.close()
  t.strictSame(await terminal.ended(), { exit_code: 129, reason: 'the server is stopping' })
  t.ok(last().hasEnded())
})

t.test('a recording has the output and the sizes, but not the input', async (t) => {
  const folder = makeFolder('recordings')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { base, last } = await serve(t, { BERTH_TERMINAL_RECORDINGS: folder })
  const terminal = await openTerminal(base, 'web', { command: ['sleep', '9'], cols: 90, rows: 20 })
  terminal.type('secret')
  terminal.send({ kind: 'resize', cols: 91, rows: 21 })
  await until(() => last().sizes.length === 2)
  const euro = Buffer.from('€')
  last().write(euro.subarray(0, 1))
  last().write(euro.subarray(1))
  await terminal.shows('€')
  last().exit(0)
  await terminal.ended()
  const [file = ''] = readdirSync(folder)
  t.match(file, /^2.*-web-\w+\.cast$/)
  const [header, ...events] = readFileSync(join(folder, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(header, { version: 2, width: 90, height: 20, command: 'sleep 9' })
  t.strictSame(
    events.map(([, kind, data]) => [kind, data]).filter(([, data]) => data !== ''),
    [
      ['r', '91x21'],
      ['o', '€']
    ]
  )
})
