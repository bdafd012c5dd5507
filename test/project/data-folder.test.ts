// Changes of the data folder behind the server's back, and the server's reaction. Each server is a separate process.

import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runBare } from '../helpers/bare-server.ts'
import { makeFolder } from '../helpers/folder.ts'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { freePort } from '../helpers/port-ranges.ts'

const folder = makeFolder('data-folder')
t.teardown(() => rmSync(folder, { recursive: true }))
const DATABASE = ['berth.db', 'berth.db-wal']

function serve(t: Parameters<typeof runBare>[0], dataDir: string, env: Record<string, string> = {}) {
  const port = freePort()
  const server = runBare(t, { BERTH_PORT: String(port), BERTH_DATA_DIR: dataDir, ...env })
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init)
  const makeToken = () =>
    ask('/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'me', scopes: ['admin'] })
    })
  const sendBuild = () =>
    ask('/builds', {
      method: 'POST',
      headers: { 'content-type': FORM_TYPE },
      body: new Uint8Array(buildForm('FROM scratch\n', { image_name: 'web' }))
    })
  return { ...server, ask, makeToken, sendBuild }
}

t.test('a removed database admits no second server, and the first one refuses changes', async (t) => {
  const dataDir = join(folder, 'removed')
  const first = serve(t, dataDir)
  await first.up()
  t.equal((await first.sendBuild()).status, 202)
  for (const name of DATABASE) rmSync(join(dataDir, name))

  const second = serve(t, dataDir)
  t.equal(await second.ended, 1)
  t.match(second.output(), /Another Berth uses the data folder/)

  const refused = await first.sendBuild()
  t.equal(refused.status, 507)
  t.match(await refused.json(), { code: 'AUDIT_FAILED' })
  t.match(first.output(), /was removed or replaced while the server ran\. Restore the data folder and restart Berth/)
  t.equal((await first.ask('/health')).status, 200)
})

t.test('a missing data folder is reported', async (t) => {
  const dataDir = join(folder, 'gone')
  const server = serve(t, dataDir)
  await server.up()
  rmSync(dataDir, { recursive: true })
  for (const answer of [await server.sendBuild(), await server.makeToken()]) {
    t.equal(answer.status, 507)
    t.match(await answer.json(), { code: 'AUDIT_FAILED' })
  }
})

t.test('a removed folder of builds is recreated', async (t) => {
  const dataDir = join(folder, 'builds')
  const server = serve(t, dataDir)
  await server.up()
  rmSync(join(dataDir, 'builds'), { recursive: true })
  t.equal((await server.sendBuild()).status, 202)
})

t.test('a lost database does not open a server that tokens protected', async (t) => {
  const dataDir = join(folder, 'lost')
  const first = serve(t, dataDir)
  await first.up()
  t.equal((await first.makeToken()).status, 201)
  first.child.kill('SIGTERM')
  await first.ended
  for (const name of DATABASE) rmSync(join(dataDir, name), { force: true })

  const second = serve(t, dataDir)
  t.equal(await second.ended, 1)
  t.match(second.output(), /tokens protected this server.*restore.*BERTH_TOKEN.*tokens-exist/)

  const withToken = serve(t, dataDir, { BERTH_TOKEN: 'correct-horse-battery-staple-0123456789' })
  await withToken.up()
  t.equal((await withToken.ask('/containers')).status, 401)
})

t.test('revoking the last token removes the mark', async (t) => {
  const dataDir = join(folder, 'revoked')
  const server = serve(t, dataDir)
  await server.up()
  const { token } = (await (await server.makeToken()).json()) as { token: string }
  t.ok(existsSync(join(dataDir, 'tokens-exist')))
  const revoked = await server.ask('/tokens/me', { method: 'DELETE', headers: { authorization: `Bearer ${token}` } })
  t.equal(revoked.status, 200)
  t.notOk(existsSync(join(dataDir, 'tokens-exist')))
})

t.test('only their owner may read the files, even in an existing folder', async (t) => {
  const dataDir = join(folder, 'open')
  mkdirSync(dataDir)
  chmodSync(dataDir, 0o755)
  const server = serve(t, dataDir)
  await server.up()
  for (const name of [...DATABASE, 'secret.key', 'audit.jsonl'])
    t.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name)
  t.match(server.output(), /Other users may look into the data folder/)

  const everybody = join(folder, 'everybody')
  mkdirSync(everybody)
  chmodSync(everybody, 0o777)
  const writable = serve(t, everybody)
  await writable.up()
  t.match(writable.output(), /Other users may write to the data folder.*chmod 700/)
})

t.test('an unread standard output delays nothing', async (t) => {
  const server = serve(t, join(folder, 'stuck'), { LOG_LEVEL: 'debug' })
  await server.up()
  server.child.stdout.removeAllListeners('data').pause()
  // More lines than a pipe and its reader buffer.
  for (let round = 0; round < 20; round++)
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const answer = await server.ask(`/health?${'x'.repeat(10)}`, { signal: AbortSignal.timeout(30_000) })
        await answer.text()
      })
    )
  t.equal((await server.ask('/health')).status, 200)
  server.child.kill('SIGTERM')
  server.child.once('exit', () => server.child.stdout.resume())
  t.equal(await server.ended, 0)
})
