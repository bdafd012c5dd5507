// The real server on a small disk that another program fills up.

import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openAuditFile } from '../../src/access/audit-file.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { createReserve } from '../../src/store/reserve.ts'
import { build, problem } from '../helpers/build.ts'
import { canMount, makeDisk } from '../helpers/disk.ts'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { silentLog } from '../helpers/records.ts'

const skip = canMount() ? false : 'this user may not mount a disk that lies in a file'
const DOCKERFILE = 'FROM scratch\n'

function fill(path: string): void {
  for (const bytes of [1024 ** 2, 4096, 512, 1])
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes, 1), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
}

t.test('a full disk allows only changes that make room', { skip }, async (t) => {
  const { folder } = makeDisk(t, 96)
  const dataDir = join(folder, 'data')
  const store = openStore(dataDir)
  const auditFile = openAuditFile(dataDir)
  const reserve = createReserve({ dataDir, log: silentLog })
  const server = await build(t, { store, auditFile, reserve, env: { BERTH_DATA_DIR: dataDir } })
  t.teardown(() => auditFile.close())
  const { ask, post, make } = server
  const upload = () =>
    ask('POST', '/builds', {
      payload: buildForm(DOCKERFILE, { image_name: 'web' }),
      headers: { 'content-type': FORM_TYPE }
    })
  for (const name of ['aa', 'bb', 'cc']) await make({ name })
  t.equal((await upload()).statusCode, 202)
  const builds = (await server.get('/builds')).json()
  t.ok(existsSync(join(dataDir, 'reserve')))

  const filler = join(folder, 'filler')
  fill(filler)
  t.equal(statfsSync(folder).bavail, 0)
  problem(t, await post('/containers', { name: 'dd' }), 507, 'STORAGE_FULL')
  problem(t, await upload(), 507, 'STORAGE_FULL')
  t.equal((await post('/containers/aa/stop')).statusCode, 200)
  t.equal((await ask('DELETE', '/containers/aa')).statusCode, 200)
  t.equal((await ask('DELETE', `/builds/${builds[0].id}?force=true`)).statusCode, 200)
  t.equal((await ask('POST', '/system/prune', { payload: { containers: true } })).statusCode, 200)
  t.notOk(existsSync(join(dataDir, 'reserve')), 'the reserve was needed')

  fill(filler)
  t.match(
    await ask('DELETE', '/containers/bb?force=true'),
    { statusCode: 507 },
    'another program took the reserve, too'
  )
  rmSync(filler)
  t.equal((await ask('DELETE', '/containers/bb?force=true')).statusCode, 200)
  t.equal((await post('/containers', { name: 'dd' })).statusCode, 201)
  t.ok(existsSync(join(dataDir, 'reserve')), 'it is recreated')
})

t.test('uploads leave the disk some room', { skip }, async (t) => {
  const { folder } = makeDisk(t, 96)
  const dataDir = join(folder, 'data')
  const store = openStore(dataDir)
  const reserve = createReserve({ dataDir, log: silentLog })
  const { ask } = await build(t, { store, reserve, env: { BERTH_DATA_DIR: dataDir } })
  const answers: number[] = []
  for (let count = 0; count < 12; count++) {
    const payload = buildForm(`FROM scratch\n#${'x'.repeat(100_000)}`, { image_name: 'web' })
    const answer = await ask('POST', '/builds', { payload, headers: { 'content-type': FORM_TYPE } })
    answers.push(answer.statusCode)
    if (count === 5) fillTo(folder, 10 * 1024 ** 2)
  }
  t.ok(answers.slice(0, 6).every((status) => status === 202))
  t.ok(answers.slice(6).every((status) => status === 507))
})

function fillTo(folder: string, free: number): void {
  const { bavail, bsize } = statfsSync(folder)
  writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize - free, 1))
}
