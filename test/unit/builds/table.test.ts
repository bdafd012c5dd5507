import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createBuildTable } from '../../../src/builds/table.ts'
import { openStore } from '../../../src/store/sqlite/open.ts'
import { buildRecord } from '../../helpers/build-record.ts'
import { makeFolder } from '../../helpers/folder.ts'

t.test('secrets cannot be read in the files', async (t) => {
  const folder = makeFolder('table')
  const store = openStore(folder)
  t.teardown(() => {
    store.close()
    rmSync(folder, { recursive: true })
  })
  const table = createBuildTable(store.builds)
  const id = randomUUID()
  const secrets = { buildArgs: { TOKEN: 'canary-5d2e' } }
  await table.add(buildRecord({ id, imageName: 'canary-in-the-open' }), secrets)
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
  t.ok(files.some((bytes) => bytes.includes('canary-in-the-open')))
  t.notOk(files.some((bytes) => bytes.includes('canary-5d2e')))
  t.same(await table.secrets(id), secrets)
})

t.test('a running build is shown in its current state, until it is hidden', async (t) => {
  const store = openStore(':memory:')
  t.teardown(() => store.close())
  const table = createBuildTable(store.builds)
  const [a, b] = [buildRecord({ id: randomUUID() }), buildRecord({ id: randomUUID() })]
  for (const record of [a, b]) await table.add(record, { buildArgs: {} })
  const imageIds = async () => {
    const listed = await table.list({}, 10, undefined)
    const rows = (await table.rows({}, 10, undefined)).map(table.read)
    t.strictSame(rows, listed)
    t.strictSame(await table.get(a.id), listed[1])
    return listed.map(({ imageId }) => imageId)
  }
  const work = { record: a }
  table.show(work)
  t.strictSame(await imageIds(), [null, null])
  work.record = { ...a, imageId: 'sha256:made' }
  t.strictSame(await imageIds(), [null, 'sha256:made'])
  table.hide(a.id)
  t.strictSame(await imageIds(), [null, null])
})
