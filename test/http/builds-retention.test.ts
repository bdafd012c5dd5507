// Builds that are long over are forgotten, at the start and every hour; nothing else is.

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { mock } from 'node:test'
import { join } from 'node:path'
import t from 'tap'
import { stage, type BuildRecord } from '../../src/builds/record.ts'
import { createBuildTable } from '../../src/builds/table.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build } from '../helpers/build.ts'
import { buildRecord } from '../helpers/build-record.ts'
import { makeFolder } from '../helpers/folder.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

t.test('what is older than ten days goes with its files, at the start and at the hourly sweep', async (t) => {
  // The one thing here that is not to happen at its own time.
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const dataDir = makeFolder('data')
  t.teardown(() => rmSync(dataDir, { recursive: true }))
  const store = openStore(':memory:')
  const table = createBuildTable(store.builds)
  const folder = (id: string) => join(dataDir, 'builds', id)

  function add(given: Partial<BuildRecord>): string {
    const id = crypto.randomUUID()
    table.add(buildRecord({ id, createdAt: Date.now() - 20 * DAY, ...given }), { buildArgs: {} })
    mkdirSync(folder(id), { recursive: true })
    writeFileSync(join(folder(id), 'log.txt'), 'said\n')
    writeFileSync(join(folder(id), 'context.tar'), '')
    return id
  }
  const over = (status: 'completed' | 'failed' | 'cancelled', days: number) =>
    add({ finishedAt: Date.now() - days * DAY, build: stage(status) })

  const old = [over('completed', 10.01), over('failed', 11), over('cancelled', 300)]
  const young = [over('completed', 9.99), over('failed', 0)]
  const open = [add({}), add({ build: stage('in_progress') })]
  const stray = crypto.randomUUID()
  mkdirSync(folder(stray))
  const engine = createMemoryEngine()
  engine.goAway()
  const server = await build(t, { engine, store, early: true, env: { BERTH_DATA_DIR: dataDir } })
  const known = async () => (await server.get('/builds')).json().map(({ id }: { id: string }) => id)

  await until(async () => !old.some((id) => existsSync(folder(id))))
  t.same((await known()).toSorted(), [...young, ...open].toSorted())
  for (const id of old) t.equal((await server.get(`/builds/${id}/logs`)).statusCode, 404)
  t.ok(
    [...young, ...open].every((id) => existsSync(join(folder(id), 'context.tar'))),
    'the others keep their files'
  )
  t.notOk(existsSync(folder(stray)), 'a folder that belongs to no build is gone')
  t.equal((await server.get(`/builds/${young[0]}/logs`)).body, 'said\n')

  // Grown old while the server runs.
  const later = over('completed', 10.01)
  mock.timers.tick(HOUR - 1)
  t.ok((await known()).includes(later))
  mock.timers.tick(1)
  await until(() => !existsSync(folder(later)))
  t.same((await known()).toSorted(), [...young, ...open].toSorted())
})
