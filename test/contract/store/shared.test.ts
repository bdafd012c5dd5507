// Several servers on one database. Each test has one store per server.

import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { pino } from 'pino'
import { createAudit, findBreak } from '../../../src/access/audit.ts'
import { OPERATOR } from '../../../src/access/caller.ts'
import { createBuildTable } from '../../../src/builds/table.ts'
import type { StoreNews } from '../../../src/store/contract/news.ts'
import { openStore } from '../../../src/store/postgres/open.ts'
import { buildRecord } from '../../helpers/build-record.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { ask, openServer, startPostgres } from '../../helpers/postgres.ts'

const BUILDS = 2_000
const QUIET = pino({ level: 'silent' })
const postgres = await startPostgres(t)

async function openFor(t: Test, url: string, dataDir: string) {
  const store = await openServer(url, dataDir)
  t.teardown(() => store.close())
  return store
}

async function openThree(t: Test) {
  const url = await postgres.empty()
  const dataDir = makeFolder('data')
  const open = () => openFor(t, url, dataDir)
  return { url, dataDir, stores: [await open(), await open(), await open()] as const }
}

t.test('servers that start at the same time find one store', async (t) => {
  const url = await postgres.empty()
  const dataDir = makeFolder('data')
  const stores = await Promise.all([1, 2, 3].map(() => openFor(t, url, dataDir)))
  t.equal(new Set(stores.map(({ instanceId }) => instanceId)).size, 1)
})

t.test(`${BUILDS} queued builds claimed by three servers, each once`, async (t) => {
  const { url, stores } = await openThree(t)
  const record = JSON.stringify(buildRecord({ id: 'n' }))
  await ask(
    url,
    `INSERT INTO builds (id, created_at, status, image_name, record, secrets)
     SELECT n, 0, 'pending', 'web', '${record}', '' FROM generate_series(1, ${BUILDS}) AS n`
  )
  const startedAt = performance.now()
  const claimed: number[] = await Promise.all(
    stores.flatMap(({ builds }) =>
      [1, 2, 3].map(async () => {
        let count = 0
        while ((await builds.claim(randomUUID(), 60_000, 0)) !== undefined) count++
        return count
      })
    )
  )
  t.comment(`${Math.round(performance.now() - startedAt)} ms; ${claimed.join(', ')}`)
  t.equal(
    claimed.reduce((sum, count) => sum + count, 0),
    BUILDS
  )
  const [{ tokens, servers } = {}] = await ask(
    url,
    'SELECT count(DISTINCT claim_token)::INT AS tokens, count(DISTINCT claimed_by)::INT AS servers FROM builds'
  )
  t.equal(tokens, BUILDS, 'each has its own claim')
  t.equal(servers, 3, 'and every server has some')
})

t.test('three servers write one unbroken audit trail', async (t) => {
  const { stores } = await openThree(t)
  const audits = stores.map(({ audit, flush }) => createAudit({ table: audit, flush, file: undefined, log: QUIET }))
  const subject = {
    caller: OPERATOR,
    peer: { address: '::1', door: 'rest' } as const,
    scope: null,
    action: 'removeContainer',
    object: 'web',
    requestId: 'r'
  }
  await Promise.all(
    audits.flatMap((audit) =>
      Array.from({ length: 50 }, async () => {
        const attempt = await audit.attempt(subject)
        await attempt.end(null)
      })
    )
  )
  const rows = (await stores[0].audit.find({}, 1_000)).toReversed()
  t.strictSame(
    rows.map(({ seq }) => seq),
    Array.from({ length: 300 }, (_none, index) => index + 1)
  )
  t.equal(findBreak(rows.map((row) => JSON.stringify(row))), undefined)
})

t.test('the trail cannot be changed in place', async (t) => {
  const { url, stores } = await openThree(t)
  await stores[0].audit.append(() => ({ ...ROW, seq: 1 }))
  await t.rejects(ask(url, "UPDATE audit SET caller = 'nobody'"), { message: /only added to/ })
})

t.test('a server with another key is told to copy it', async (t) => {
  const { url } = await openThree(t)
  const other = openStore({ url, dataDir: makeFolder('other'), log: QUIET })
  await t.rejects(other, { name: 'Error', message: /another key than secret\.key.*Copy that file/ })
})

t.test('no other server takes over the claims and intents of a live one', async (t) => {
  const { url, stores } = await openThree(t)
  const [one, two] = stores
  const table = createBuildTable(one.builds)
  const record = buildRecord({ id: randomUUID() })
  await table.add(record, { buildArgs: {} })
  await one.intents.add('attempt', Date.now())
  t.equal((await table.claim('a', 100, 0))?.id, record.id)
  await two.builds.releaseAll()
  t.equal(await two.builds.claim('b', 400, 300), undefined, 'not even after its deadline')
  t.equal(await one.builds.renew(record.id, 'a', 500), true)
  t.strictSame(await two.intents.all(), [])
  t.strictSame(await two.intents.takeOver(['attempt']), [])

  // As after a while without heartbeats.
  await ask(url, 'DELETE FROM servers WHERE id = (SELECT claimed_by FROM builds)')
  t.strictSame(await two.intents.takeOver(['another']), [], 'without its container')
  t.match(await two.intents.takeOver(['attempt']), [{ attempt: 'attempt', isFinal: false }])
  t.match(await two.intents.all(), [{ attempt: 'attempt' }])
  t.strictSame(await stores[2].intents.takeOver(['attempt']), [], 'the server that took it over is live')
  t.match(JSON.parse((await two.builds.claim('b', 400, 0)) ?? '{}'), { id: record.id })
  t.equal(await table.save(record, 'a'), false, 'it has lost the build')
})

t.test('credentials in the memory of one server keep its builds there', async (t) => {
  const { url, stores } = await openThree(t)
  const [one, two] = stores
  const table = createBuildTable(one.builds)
  const record = buildRecord({ id: randomUUID(), hasOwnCredentials: true })
  await table.add(record, { buildArgs: {} })
  t.equal(await two.builds.claim('b', 100, 0), undefined)
  t.equal((await table.claim('a', 100, 0))?.id, record.id)
  await table.release(record.id, 'a')
  await ask(url, 'DELETE FROM servers WHERE id = (SELECT credentials_on FROM builds)')
  t.match(await two.builds.claim('b', 100, 0), /./, 'until that server is gone')
})

t.test('a store gets news of changes by others, and none of its own', async (t) => {
  const { stores } = await openThree(t)
  const [one, two] = stores
  const table = createBuildTable(one.builds)
  const own: StoreNews[] = []
  one.onNews(async (news) => void own.push(news))
  const heard: StoreNews[] = []
  let wake = () => {}
  two.onNews(async (news) => {
    heard.push(news)
    wake()
  })
  const next = async (about: StoreNews['about']) => {
    while (!heard.some((news) => news.about === about)) await new Promise<void>((resolve) => (wake = resolve))
    return heard.splice(0).findLast((news) => news.about === about)
  }
  const record = buildRecord({ id: randomUUID() })
  await table.add(record, { buildArgs: {} })
  t.same(await next('build'), { about: 'build', id: record.id })
  await table.claim('a', 100, 0)
  await two.builds.askToCancel(record.id)
  await one.openBuildFiles(makeFolder('data')).log(record.id).append('line\n', 0)
  t.same(await next('log'), { about: 'log', id: record.id })
  await table.release(record.id, 'a')
  await next('queue')
  await one.expiries.set('container', 5)
  await next('expiries')
  await one.tokens.add(TOKEN)
  await next('tokens')
  t.same(own, [{ about: 'cancel', id: record.id }])
})

const ROW = {
  at: 1,
  outcome: 'succeeded',
  caller: 'ci',
  tokenId: null,
  scope: null,
  address: '::1',
  door: 'rest',
  action: 'pullImage',
  object: null,
  code: null,
  durationMs: null,
  requestId: 'r',
  hash: 'h'
}
const TOKEN = {
  id: 'one',
  name: 'ci',
  hash: 'h1',
  scopes: 'read',
  team: null,
  createdAt: 1,
  expiresAt: null,
  lastUsedAt: null
}
