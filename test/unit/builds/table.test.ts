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
