import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { openStore } from '../../../src/store/sqlite/open.ts'
import { StoreError } from '../../../src/store/store-error.ts'

t.test('a store in memory', async (t) => {
  const store = openStore(':memory:')
  t.teardown(store.close)
  t.match(store.instanceId, /^[0-9a-f-]{36}$/)
  const other = openStore(':memory:')
  t.teardown(other.close)
  t.not(other.instanceId, store.instanceId)
})

t.test('stored data survives a restart', async (t) => {
  const folder = join(t.testdir({}), 'deep', 'data')
  const first = openStore(folder)
  await first.expiries.set('web', 5678)
  await first.intents.add('two', 2)
  first.close()

  const second = openStore(folder)
  t.teardown(() => second.close())
  t.equal(second.instanceId, first.instanceId)
  t.match(await second.expiries.all(), [{ containerId: 'web', expiresAt: 5678 }])
  t.match(await second.intents.all(), [{ attempt: 'two', createdAt: 2 }])
})

t.test('only the owner may read the folder', async (t) => {
  const folder = join(t.testdir({}), 'data')
  const store = openStore(folder)
  t.teardown(store.close)
  t.equal(statSync(folder).mode & 0o777, 0o700)
})

t.test('a second server on the same folder is refused', async (t) => {
  const folder = t.testdir({})
  const first = openStore(folder)
  t.throws(() => openStore(folder), {
    constructor: StoreError,
    message: /^Another Berth uses the data folder .*BERTH_DATA_DIR/
  })
  await first.expiries.set('still', 1)
  first.close()
  const second = openStore(folder)
  t.match(await second.expiries.all(), [{ containerId: 'still' }])
  second.close()
})

t.test('a folder or file that cannot be used is explained', async (t) => {
  const folder = t.testdir({
    file: 'x',
    broken: { 'berth.db': 'this is no database, and it is long enough to be one'.repeat(9) }
  })
  t.throws(() => openStore(join(folder, 'file')), { constructor: StoreError, message: /BERTH_DATA_DIR/ })
  t.throws(() => openStore(join(folder, 'broken')), {
    constructor: StoreError,
    message: /not a database.*BERTH_DATA_DIR/
  })
})

t.test('a database of a newer version is left alone', async (t) => {
  const folder = t.testdir({})
  openStore(folder).close()
  const db = new DatabaseSync(join(folder, 'berth.db'))
  db.exec('PRAGMA user_version = 999')
  db.close()
  t.throws(() => openStore(folder), { message: /newer version of Berth/ })
})

t.test('the number of applied migrations is that of the scripts', async (t) => {
  const folder = t.testdir({})
  openStore(folder).close()
  openStore(folder).close()
  const db = new DatabaseSync(join(folder, 'berth.db'))
  t.teardown(() => db.close())
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  t.equal(version, readdirSync(join(import.meta.dirname, '../../../src/store/sqlite/migrations')).length)
})

t.test('an empty file left by a crash at the first start is a new database', async (t) => {
  const folder = t.testdir({})
  writeFileSync(join(folder, 'berth.db'), '')
  const store = openStore(folder)
  t.match(store.instanceId, /./)
  store.close()
})
