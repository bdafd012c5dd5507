import { once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openAuditFile } from '../../src/access/audit-file.ts'
import { findBreak } from '../../src/access/audit.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build, problem } from '../helpers/build.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'

type Options = { maxFileBytes?: number; flush?: () => Promise<void> }

async function serve(t: Parameters<typeof build>[0], { maxFileBytes, flush }: Options = {}) {
  const dataDir = t.testdir({})
  const opened = openStore(dataDir)
  const store = { ...opened, flush: flush ?? opened.flush }
  const secrets = await addTokens(store)
  const auditFile = openAuditFile(dataDir, maxFileBytes)
  t.teardown(() => auditFile.close())
  const server = await build(t, { store, auditFile, early: true })
  const trail = async (query = '') =>
    (await server.get(`/audit${query}`, { headers: bearer(secrets.admin) })).json<Record<string, unknown>[]>()
  const lines = () => readFileSync(`${dataDir}/audit.jsonl`, 'utf8').split('\n').filter(Boolean)
  const as = (scope: keyof typeof secrets) => bearer(secrets[scope])
  return { ...server, dataDir, store, trail, lines, as }
}

t.test('a change is recorded before and after it is made', async (t) => {
  const { post, trail, lines, as } = await serve(t)
  const answer = await post('/containers', { name: 'web', env: { PASSWORD: 'hunter2' } }, as('containers:write'))
  t.equal(answer.statusCode, 201)
  const [after, before] = await trail()
  const same = {
    caller: 'containers-write',
    token_id: 'containers-write',
    scope: 'containers:write',
    address: '127.0.0.1',
    door: 'rest',
    action: 'createContainer',
    request_id: answer.headers['x-request-id']
  }
  t.match(before, { ...same, outcome: 'attempted', object: null, code: null, duration_ms: null })
  t.match(after, { ...same, outcome: 'succeeded', object: answer.json().id, code: null, duration_ms: Number })
  t.strictSame(
    lines().map((line) => JSON.parse(line).outcome),
    ['attempted', 'succeeded']
  )
  t.notMatch(lines().join(), /hunter2|PASSWORD/)
})

t.test('a change that fails is recorded with its code', async (t) => {
  const { ask, trail, as } = await serve(t)
  problem(t, await ask('DELETE', '/containers/nobody', { headers: as('admin') }), 404, 'CONTAINER_NOT_FOUND')
  t.match(await trail(), [
    { outcome: 'failed', action: 'removeContainer', object: 'nobody', code: 'CONTAINER_NOT_FOUND' },
    { outcome: 'attempted', object: 'nobody' }
  ])
})

t.test('refused callers are recorded, and reads are not', async (t) => {
  const { ask, get, trail, as } = await serve(t)
  await get('/containers')
  await get('/containers', { headers: as('expired') })
  await ask('DELETE', '/containers/web', { headers: as('read') })
  await get('/containers', { headers: { ...as('read'), host: 'evil.example' } })
  await ask('POST', '/containers', { headers: { ...as('admin'), origin: 'https://evil.example' } })
  await get('/containers', { headers: as('read') })
  t.match(await trail(), [
    { outcome: 'refused', code: 'CROSS_ORIGIN_REFUSED', caller: 'nobody' },
    { outcome: 'refused', code: 'HOST_NOT_ALLOWED', caller: 'nobody' },
    { outcome: 'refused', code: 'FORBIDDEN', caller: 'read', action: 'removeContainer', object: 'web' },
    { outcome: 'refused', code: 'UNAUTHORIZED', caller: 'nobody', action: 'listContainers' },
    { outcome: 'refused', code: 'UNAUTHORIZED' }
  ])
})

t.test('a change that cannot be recorded is not made', async (t) => {
  const { post, engine, store, as } = await serve(t)
  const before = engine.writes().length
  store.audit.append = async () => {
    throw new Error('database or disk is full')
  }
  problem(t, await post('/containers', {}, as('admin')), 507, 'AUDIT_FAILED')
  t.equal(engine.writes().length, before)
})

t.test('the answer says whether the change was made if the disk keeps nothing', async (t) => {
  const { post, ask, engine, as } = await serve(t, { flush: () => Promise.reject(new Error('EIO: i/o error')) })
  const before = engine.writes().length
  const notMade = await post('/containers', {}, as('admin'))
  problem(t, notMade, 507, 'AUDIT_FAILED')
  t.match(notMade.json(), { detail: /nothing was made/ })
  t.equal(engine.writes().length, before)

  const made = await post('/tokens', { name: 'me', scopes: ['read'] }, as('admin'))
  problem(t, made, 507, 'AUDIT_FAILED')
  t.match(made.json(), { detail: /The change was made/ })

  problem(t, await ask('DELETE', '/containers/nobody', { headers: as('admin') }), 404, 'CONTAINER_NOT_FOUND')
})

t.test('changes continue while the files of the trail are moved and removed', async (t) => {
  const { dataDir, ask, store, as } = await serve(t, { maxFileBytes: 1_000 })
  const file = join(dataDir, 'audit.jsonl')
  for (let round = 0; round < 20; round++) {
    const changes = Array.from({ length: 4 }, () => ask('DELETE', '/containers/nobody', { headers: as('admin') }))
    if (round % 2 === 0) rmSync(file)
    else renameSync(file, `${file}.${round}`)
    for (const answer of await Promise.all(changes)) problem(t, answer, 404, 'CONTAINER_NOT_FOUND')
  }
  t.equal((await store.audit.find({ action: 'removeContainer' }, 1_000)).length, 160)
})

t.test('GET /audit answers from the trail', async (t) => {
  const { post, ask, get, trail, as } = await serve(t)
  const started = new Date().toISOString()
  for (const name of ['one', 'two', 'three']) await post('/containers', { name }, as('containers:write'))
  await ask('DELETE', '/containers/one?force=true', { headers: as('admin') })

  t.equal((await trail('?action=createContainer&outcome=succeeded')).length, 3)
  t.equal((await trail('?caller=admin')).length, 2)
  t.equal((await trail('?object=one')).length, 2)
  t.equal((await trail(`?until=${started}`)).length, 0)
  t.equal((await trail(`?since=${started}`)).length, 8)
  const [newest] = await trail()
  t.equal((await trail(`?request_id=${newest?.request_id}`)).length, 2)

  const seen: unknown[] = []
  let cursor: unknown = ''
  while (cursor !== undefined) {
    const page = await get(`/audit?limit=3${cursor && `&cursor=${cursor}`}`, { headers: as('admin') })
    seen.push(...page.json().map(({ seq }: { seq: number }) => seq))
    cursor = page.headers['x-next-cursor']
  }
  t.strictSame(seen, [8, 7, 6, 5, 4, 3, 2, 1])
  problem(t, await get('/audit?cursor=x', { headers: as('admin') }), 400, 'INVALID_REQUEST')
})

t.test('the chain continues after a restart, and reveals changes', async (t) => {
  const { post, lines, as, app, store } = await serve(t)
  await post('/containers', { name: 'web' }, as('admin'))
  const [last] = await store.audit.find({}, 1)
  await app.close()
  t.equal(findBreak(lines()), undefined)
  t.match(lines().at(-1), last?.hash)
  const [first = '', second = ''] = lines()
  t.equal(findBreak([first, second.replace('succeeded', 'failed')]), 1)
  t.equal(findBreak([second, first]), 1)
})

t.test('a client of the unix socket has no address, and is recorded', async (t) => {
  const { app, get } = await build(t)
  // The folder of a test has a name that is too long for a socket.
  const folder = mkdtempSync(join(tmpdir(), 'berth-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const socketPath = join(folder, 's')
  await app.listen({ path: socketPath })
  const headers = { host: 'localhost', 'content-type': 'application/json' }
  const asked = http.request({ socketPath, method: 'POST', path: '/containers', headers, agent: false })
  asked.end('{"name": "web"}')
  const [answer] = (await once(asked, 'response')) as [http.IncomingMessage]
  answer.resume()
  t.equal(answer.statusCode, 201)
  t.match((await get('/audit?outcome=succeeded')).json(), [{ action: 'createContainer', address: 'socket' }])
})
