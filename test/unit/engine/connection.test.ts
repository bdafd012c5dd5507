import { getEventListeners } from 'node:events'
import { readdirSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { createCalling } from '../../../src/engine/docker/calling.ts'
import { createConnection } from '../../../src/engine/docker/connection.ts'
import type { EngineStatus } from '../../../src/engine/contract/availability.ts'
import type { EngineAddress } from '../../../src/engine/docker/locate.ts'
import { request } from '../../../src/engine/docker/request.ts'
import { agree } from '../../../src/engine/docker/versions.ts'
import { silentLog } from '../../helpers/records.ts'
import { until } from '../../helpers/until.ts'

const DOCKER = { Version: '20.10.24', Platform: { Name: '' }, Components: [{ Name: 'Engine' }] }

type Given = {
  apiVersion?: string
  oldest?: string
  version?: object
  status?: number
  versionAfterMs?: number
  hangs?: boolean
}

/** In the words of Docker 28.5, which sends them as plain text. */
function tooOld(url: string, oldest: string): string {
  const asked = /^\/v([\d.]+)\//.exec(url)?.[1]
  return `client version ${asked} is too old. Minimum supported API version is ${oldest}, please upgrade your client to a newer version\n`
}

/** The part of an engine that a connection attempt asks for. */
async function engineAt(t: Test, given: Given = {}) {
  const asked: string[] = []
  const server = http.createServer(({ url = '' }, answer) => {
    const { apiVersion = '1.41', oldest, version = DOCKER, status = 200, versionAfterMs = 0, hangs = false } = given
    asked.push(url)
    if (url === '/_ping' && hangs) return
    if (url === '/_ping') answer.writeHead(status, { 'api-version': apiVersion }).end('OK')
    else if (oldest !== undefined) answer.writeHead(400, { 'content-type': 'text/plain' }).end(tooOld(url, oldest))
    else
      setTimeout(
        () => answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(version)),
        versionAfterMs
      )
  })
  // An engine closes no connection by itself.
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  t.teardown(close)
  const { port } = server.address() as AddressInfo
  const address: EngineAddress = { kind: 'tcp', protocol: 'http', host: '127.0.0.1', port, source: 'test' }
  return { address, asked, close }
}

const NOWHERE: EngineAddress = { kind: 'socket', path: '/nonexistent/engine.sock', source: 'default socket' }

function connect(t: Test, ...candidates: EngineAddress[]) {
  const connection = createConnection({ candidates, log: silentLog })
  t.teardown(() => connection.close())
  return connection
}

t.test('the version both sides speak', async (t) => {
  const table: [engine: string, agreed: string][] = [
    ['1.41', '1.41'],
    ['1.43', '1.43'],
    ['1.51', '1.51'],
    ['1.52', '1.51'],
    ['1.100', '1.51'],
    ['2.0', '1.51']
  ]
  for (const [engine, agreed] of table) t.equal(agree({ newest: engine }), agreed, engine)
  for (const engine of ['1.40', '1.9', '0.99'])
    t.throws(() => agree({ newest: engine }), { message: /use a newer engine/ }, engine)
  t.equal(agree({ newest: '1.60', oldest: '1.51' }), '1.51')
  t.throws(() => agree({ newest: '1.60', oldest: '1.52' }), { message: /use a newer Berth/ })
})

t.test('the first candidate that answers is taken', async (t) => {
  const { address, asked } = await engineAt(t)
  const connection = connect(t, NOWHERE, address)
  t.equal(await connection.start(), true)
  t.match(connection.status(), {
    available: true,
    address: /^tcp:\/\/127\.0\.0\.1:/,
    source: 'test',
    version: '20.10.24',
    apiVersion: '1.41'
  })
  t.match(asked, ['/_ping', /^\/v1\.41\/version/])
})

t.test('the name of the engine', async (t) => {
  const table: [version: object, name: string][] = [
    [DOCKER, 'Docker Engine'],
    [{ ...DOCKER, Platform: { Name: 'Docker Engine - Community' } }, 'Docker Engine - Community'],
    [
      { Version: '4.3.1', Platform: { Name: 'linux/amd64/debian-12' }, Components: [{ Name: 'Podman Engine' }] },
      'Podman Engine'
    ],
    [{ Version: '1' }, 'Docker Engine']
  ]
  for (const [version, name] of table) {
    const connection = connect(t, (await engineAt(t, { version })).address)
    await connection.start()
    t.match(connection.status(), { name })
  }
})

t.test('if no engine answers, every reason is listed', async (t) => {
  const old = await engineAt(t, { apiVersion: '1.30' })
  const web = await engineAt(t, { status: 404 })
  const closed = await engineAt(t)
  closed.close()
  const connection = connect(t, NOWHERE, old.address, web.address, closed.address)
  t.equal(await connection.start(), false)
  t.match(connection.status(), {
    available: false,
    address: 'unix:///nonexistent/engine.sock',
    reason:
      /^unix:\/\/\/nonexistent\/engine\.sock: there is no such socket; .*speaks API 1\.30.*; .*not a Docker engine \(status 404\); .*nobody listens$/,
    since: /^\d{4}-/
  })
  t.throws(() => connection.client(), { code: 'ENGINE_UNAVAILABLE', message: /Berth keeps trying/ })
})

t.test('a reachable engine that is slow to report its version', async (t) => {
  const connection = connect(t, (await engineAt(t, { versionAfterMs: 2_500 })).address)
  t.equal(await connection.start(), true)
})

t.test('an engine that no longer speaks a version of Berth', async (t) => {
  const connection = connect(t, (await engineAt(t, { apiVersion: '1.60', oldest: '1.54' })).address)
  t.equal(await connection.start(), false)
  t.match(connection.status(), {
    reason:
      /: the engine speaks API 1\.54 or newer and Berth API 1\.41 to 1\.51: use a newer Berth, or an engine that still speaks API 1\.51$/
  })
})

t.test('a lost engine is found again', async (t) => {
  const { address } = await engineAt(t)
  const connection = connect(t, address)
  const told: EngineStatus[] = []
  connection.onStatus((status) => told.push(status))
  await connection.start()
  connection.lost('socket hang up')
  t.match(connection.status(), { available: false, reason: 'socket hang up' })
  await connection.whenAvailable(AbortSignal.timeout(5_000))
  t.match(connection.status(), { available: true })
  t.strictSame(
    told.map(({ available }) => available),
    [true, false, true]
  )
})

t.test('an engine that answers calls but no ping is busy, and one that answers nothing is lost', async (t) => {
  const given: Given = {}
  const { address, asked } = await engineAt(t, given)
  const connection = createConnection({ candidates: [address], log: silentLog, watchMs: 20, hangMs: 1_000 })
  t.teardown(() => connection.close())
  await connection.start()
  given.hangs = true
  const pings = () => asked.filter((url) => url === '/_ping').length
  for (let round = 1; round <= 2; round++) {
    const before = pings()
    await until(() => pings() > before)
    await request(connection.client(), { method: 'GET', path: '/version', what: 'ask', timeoutMs: 5_000 })
  }
  t.match(connection.status(), { available: true })
  await until(() => !connection.status().available)
  t.match(connection.status(), { reason: 'no answer in 1 seconds' })
})

t.test('an upload to an engine that hangs ends with that reason', async (t) => {
  const given: Given = {}
  const { address } = await engineAt(t, given)
  const connection = createConnection({ candidates: [address], log: silentLog, watchMs: 20, hangMs: 500 })
  t.teardown(() => connection.close())
  await connection.start()
  const { watch } = createCalling({ connection, log: silentLog, concurrency: 1, changeTimeoutMs: 5_000, queue: 1 })
  Object.assign(given, { hangs: true, versionAfterMs: 10_000 })
  const upload = new PassThrough()
  upload.write('a part')
  const client = new AbortController()
  const path = '/containers/web/archive'
  const sent = watch({ method: 'PUT', path, upload, what: 'unpack', timeoutMs: 60_000, signal: client.signal })
  await t.rejects(sent, { code: 'ENGINE_UNAVAILABLE', message: /stopped answering/ })
})

t.test('a new engine version behind the same socket causes a reconnect', async (t) => {
  const given: Given = { apiVersion: '1.41' }
  const { address } = await engineAt(t, given)
  const connection = connect(t, address)
  await connection.start()
  t.match(connection.status(), { apiVersion: '1.41' })
  given.apiVersion = '1.44'
  await until(() => {
    const status = connection.status()
    return status.available && status.apiVersion === '1.44'
  }, 10_000)
})

t.test('a wait leaves nothing behind', async (t) => {
  const { address } = await engineAt(t)
  const connection = connect(t, address)
  await connection.start()
  const { signal } = new AbortController()
  connection.lost('for this test')
  await connection.whenAvailable(signal)
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('a wait for the engine can be aborted', async (t) => {
  const connection = connect(t, NOWHERE)
  await connection.start()
  const giveUp = new AbortController()
  const waiting = connection.whenAvailable(giveUp.signal)
  giveUp.abort()
  await t.rejects(waiting, { name: 'AbortError' })
})

t.test('losing the engine twice counts once', async (t) => {
  const { address } = await engineAt(t)
  const connection = connect(t, address)
  await connection.start()
  connection.lost('first')
  connection.lost('second')
  t.match(connection.status(), { reason: 'first' })
  await until(() => connection.status().available)
})

t.test('an engine lost again and again leaves no descriptor open', async (t) => {
  const { address } = await engineAt(t)
  const connection = connect(t, address)
  await connection.start()
  const descriptors = () => readdirSync('/proc/self/fd').length
  const loseInUse = async () => {
    const call = { method: 'GET', path: '/version', what: 'say its version', timeoutMs: 5_000 } as const
    const clients = [connection.client(), connection.client('streams')]
    await Promise.all(clients.flatMap((client) => [1, 2, 3].map(() => request(client, call))))
    connection.lost('for this test')
    await connection.whenAvailable(AbortSignal.timeout(5_000))
  }
  await loseInUse()
  const before = descriptors()
  for (let round = 0; round < 20; round++) await loseInUse()
  await until(() => descriptors() <= before + 4)
})
