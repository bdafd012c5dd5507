// The addresses on which the server listens, and the settings with which it refuses to start. Each is a separate process.

import { once } from 'node:events'
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { runBare, statusOf } from '../helpers/bare-server.ts'
import { freePort } from '../helpers/port-ranges.ts'
import { makeFolder } from '../helpers/folder.ts'

// A certificate and its key, for tests only.
const CERTIFICATE = join(import.meta.dirname, '../fixtures/localhost.pem')
const TOKEN = 'correct-horse-battery-staple-0123456789'
// The path of a unix socket may have only about a hundred characters.
const folder = makeFolder('listen')
t.teardown(() => rmSync(folder, { recursive: true }))
const dataDir = (name: string) => join(folder, name)

t.test('it refuses to start if anybody could get access, and says why', async (t) => {
  const port = String(freePort())
  const cert = { BERTH_TLS_CERT: join(folder, 'nothing.pem'), BERTH_TLS_KEY: join(folder, 'nothing.pem') }
  writeFileSync(join(folder, 'policy.json'), '{"image": ["typo"]}')
  const table: [name: string, env: Record<string, string>, why: RegExp][] = [
    ['all addresses without anything', { BERTH_HOST: '0.0.0.0' }, /BERTH_TLS_CERT/],
    ['without a token', { BERTH_HOST: '0.0.0.0', BERTH_TLS_TERMINATED: 'true' }, /set BERTH_TOKEN/],
    ['a certificate that is not there', cert, /cannot be used: ENOENT/],
    ['a policy with a typo', { BERTH_POLICY_FILE: join(folder, 'policy.json') }, /image is not a known field/]
  ]
  await Promise.all(
    table.map(async ([name, env, why], index) => {
      const { ended, output } = runBare(t, { BERTH_PORT: port, BERTH_DATA_DIR: dataDir(`no-${index}`), ...env })
      t.equal(await ended, 1, name)
      t.match(output(), why, name)
      t.notMatch(output(), 'Berth is up', name)
    })
  )
})

t.test('a unix socket is open to its owner only, and a leftover one is replaced', async (t) => {
  const socket = join(folder, 's')
  const env = { BERTH_SOCKET: socket, BERTH_DATA_DIR: dataDir('socket') }
  const first = runBare(t, env)
  await first.up()
  t.equal(statSync(socket).mode & 0o777, 0o600)
  t.equal(await statusOf({ socketPath: socket, path: '/health' }), 200)

  const second = runBare(t, { ...env, BERTH_DATA_DIR: dataDir('second') })
  t.equal(await second.ended, 1)
  t.match(second.output(), /another program listens/)

  first.child.kill('SIGKILL')
  await first.ended
  t.ok(existsSync(socket), 'left behind')
  const third = runBare(t, env)
  await third.up()
  t.equal(await statusOf({ socketPath: socket, path: '/health' }), 200)
  third.child.kill('SIGTERM')
  t.equal(await third.ended, 0)
  t.notOk(existsSync(socket), 'gone with the server')

  writeFileSync(socket, 'precious')
  const fourth = runBare(t, env)
  t.equal(await fourth.ended, 1)
  t.match(fourth.output(), /is no socket/)
  t.equal(statSync(socket).size, 8)
})

t.test('TLS on a reachable address, with a token created before the start', async (t) => {
  const port = freePort()
  const env = {
    BERTH_HOST: '0.0.0.0',
    BERTH_PORT: String(port),
    BERTH_DATA_DIR: dataDir('tls'),
    BERTH_TLS_CERT: CERTIFICATE,
    BERTH_TLS_KEY: CERTIFICATE
  }
  const made = runBare(t, env, ['scripts/token.ts', 'create', 'me', '--scopes', 'admin'])
  t.equal(await made.ended, 0)
  const token = /^berth_[\w-]+$/m.exec(made.output())?.[0] ?? ''

  const server = runBare(t, env)
  await server.up()
  const call = (headers = {}) =>
    statusOf({ host: '127.0.0.1', port, rejectUnauthorized: false, headers } as object, https.get)
  t.equal(await call(), 401)
  t.equal(await call({ authorization: 'Bearer wrong' }), 401)
  t.equal(await call({ authorization: `Bearer ${token}` }), 503, 'only the engine is missing')
  await t.rejects(statusOf({ host: '127.0.0.1', port }), 'no plain HTTP')
  t.notMatch(server.output(), token)
})

t.test('the tokens command asks the running server', async (t) => {
  const port = String(freePort())
  const env = { BERTH_PORT: port, BERTH_DATA_DIR: dataDir('command'), BERTH_TOKEN: TOKEN }
  const server = runBare(t, env)
  await server.up()
  const command = async (...args: string[]) => {
    const run = runBare(t, env, ['scripts/token.ts', ...args])
    return { code: await run.ended, output: run.output() }
  }
  const created = await command('create', 'ci', '--scopes', 'read,containers:write', '--days', '1')
  t.equal(created.code, 0)
  const token = /^berth_[\w-]+$/m.exec(created.output)?.[0] ?? ''
  const call = () =>
    statusOf({ host: '127.0.0.1', port, path: '/system/info', headers: { authorization: `Bearer ${token}` } })
  t.not(await call(), 401, 'it is valid at once')
  t.match(await command('list'), { code: 0, output: /ci {2}read,containers:write {2}team none {2}ends \d{4}-/ })
  t.match(await command('create', 'ci', '--scopes', 'read'), { code: 1, output: /A token named "ci" already exists/ })
  t.match(await command('create', 'x', '--scopes', 'root'), { code: 1, output: /"root" is not a scope/ })
  t.match(await command('revoke', 'ci'), { code: 0, output: /revoked/ })
  t.equal(await call(), 401)
  t.match(await command('nonsense'), { code: 1, output: /Usage/ })
})

t.test('an address in use is named', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const { ended, output } = runBare(t, { BERTH_PORT: String(port), BERTH_DATA_DIR: dataDir('taken') })
  t.equal(await ended, 1)
  t.match(output(), /address already in use .*BERTH_PORT/)
})
