// npm run store:move, from a data folder to a database.

import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import t from 'tap'
import { createAudit } from '../../src/access/audit.ts'
import { OPERATOR } from '../../src/access/caller.ts'
import { stage } from '../../src/builds/record.ts'
import { createBuildTable } from '../../src/builds/table.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { runBare } from '../helpers/bare-server.ts'
import { buildRecord } from '../helpers/build-record.ts'
import { collect } from '../helpers/collect.ts'
import { makeFolder } from '../helpers/folder.ts'
import { ask, openServer, startPostgres } from '../helpers/postgres.ts'

const postgres = await startPostgres(t)
const CONTEXT = Buffer.alloc(3_000_000, 'context')
const LOG = 'Step 1/1 : FROM scratch\nfertig: ä🐳\n'
const build = buildRecord({ id: 'b-1', build: stage('failed'), finishedAt: 5 })
const waiting = buildRecord({ id: 'b-2' })

const TOKEN = {
  id: 'one',
  name: 'ci',
  hash: 'h1',
  scopes: 'read,exec',
  team: null,
  createdAt: 1,
  expiresAt: null,
  lastUsedAt: null
}
const SUBJECT = {
  caller: OPERATOR,
  peer: { address: '::1', door: 'rest' } as const,
  scope: null,
  action: 'removeContainer',
  object: 'web',
  requestId: 'r'
}

const NAME = { name: 'docker.io/library/app:1', owner: 'one', team: 'shop', claimedAt: 5 }

async function fill(dataDir: string) {
  const store = openStore(dataDir)
  const table = createBuildTable(store.builds)
  await table.add(build, { buildArgs: { TOKEN: 'canary' } })
  await table.add(waiting, { buildArgs: {} })
  await table.claim('by a server that was killed', 100, 0)
  await store.intents.add('attempt', 7)
  await store.intents.finalize('attempt')
  await store.expiries.set('web', 1234)
  await store.expiries.set('db', null)
  await store.imageNames.claim(NAME)
  await store.tokens.add(TOKEN)
  await store.tokens.used('one', 3)
  const log = pino({ level: 'silent' })
  const audit = createAudit({ table: store.audit, flush: store.flush, file: undefined, log })
  for (let count = 0; count < 3; count++) await (await audit.attempt(SUBJECT)).end(null)
  mkdirSync(join(dataDir, 'builds/b-1'), { recursive: true })
  writeFileSync(join(dataDir, 'builds/b-1/context.tar'), CONTEXT)
  writeFileSync(join(dataDir, 'builds/b-1/log.txt'), LOG)
  const kept = {
    instanceId: store.instanceId,
    audit: await store.audit.find({}, 100),
    tokens: await store.tokens.all()
  }
  store.close()
  return kept
}

const dataDir = makeFolder('data')
const kept = await fill(dataDir)

function move(t: Parameters<typeof runBare>[0], url: string, folder = dataDir) {
  return runBare(t, { BERTH_DATA_DIR: folder, BERTH_DATABASE_URL: url }, ['scripts/store-move.ts'])
}

t.test('everything arrives unchanged, once', async (t) => {
  const url = await postgres.empty()
  const moving = move(t, url)
  t.equal(await moving.ended, 0, moving.output())
  t.match(
    moving.output(),
    /^Moved 1 intents, 2 expiries, 1 image_names, 1 tokens, 6 audit, 2 builds, 1 contexts, 1 logs\. The audit trail is unbroken\./
  )
  const again = move(t, url)
  t.equal(await again.ended, 1)
  t.match(again.output(), /The database already holds intents\. Nothing was moved/)

  const store = await openServer(url, dataDir)
  t.teardown(() => store.close())
  const table = createBuildTable(store.builds)
  t.equal(store.instanceId, kept.instanceId)
  t.same(await store.audit.find({}, 100), kept.audit)
  t.same(await store.tokens.all(), kept.tokens)
  t.same(await store.imageNames.find([NAME.name]), [NAME])
  t.same(
    new Map((await store.expiries.all()).map(({ containerId, expiresAt }) => [containerId, expiresAt])),
    new Map<string, number | null>([
      ['web', 1234],
      ['db', null]
    ])
  )
  t.same(await store.intents.takeOver(['attempt']), [{ attempt: 'attempt', createdAt: 7, isFinal: true }])
  t.same(await table.get('b-1'), build)
  t.same(await table.secrets('b-1'), { buildArgs: { TOKEN: 'canary' } })
  const files = store.openBuildFiles(makeFolder('data'))
  const context = await files.withContext('b-1', () => readFile(files.contextPath('b-1')))
  t.ok(CONTEXT.equals(context), 'the context')
  t.equal(Buffer.concat(await collect(files.log('b-1').read(0))).toString(), LOG)
  t.match(await table.claim('a', 100, 0), { id: 'b-2' })
  await table.add(buildRecord({ id: 'b-3' }), { buildArgs: {} })
  t.same(
    (await table.list({}, 10, undefined)).map(({ id }) => id),
    ['b-3', 'b-2', 'b-1'],
    'later ones follow it'
  )
})

t.test('a tampered trail does not move', async (t) => {
  const folder = makeFolder('changed')
  cpSync(dataDir, folder, { recursive: true })
  const db = new DatabaseSync(join(folder, 'berth.db'))
  db.exec("DROP TRIGGER audit_is_only_added_to; UPDATE audit SET caller = 'nobody' WHERE seq = 4")
  db.close()
  const url = await postgres.empty()
  const moving = move(t, url, folder)
  t.equal(await moving.ended, 1)
  t.match(moving.output(), /Entry 4 of the audit trail does not follow.*Nothing was moved/)
  const [{ builds } = {}] = await ask(url, 'SELECT count(*)::INT AS builds FROM builds')
  t.equal(builds, 0)
})
