// Builds that ended long ago are deleted at the start and every hour, and nothing else is.

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

t.test('builds older than ten days are removed with their files, at the start and hourly', async (t) => {
  // The hourly timer must not fire by itself.
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const dataDir = makeFolder('data')
  t.teardown(() => rmSync(dataDir, { recursive: true }))
  const store = openStore(':memory:')
  const table = createBuildTable(store.builds)
  const folder = (id: string) => join(dataDir, 'builds', id)

  async function add(given: Partial<BuildRecord>): Promise<string> {
    const id = crypto.randomUUID()
    await table.add(buildRecord({ id, createdAt: Date.now() - 20 * DAY, ...given }), { buildArgs: {} })
    mkdirSync(folder(id), { recursive: true })
    writeFileSync(join(folder(id), 'log.txt'), 'said\n')
    writeFileSync(join(folder(id), 'context.tar'), '')
    return id
  }
  const over = (status: 'completed' | 'failed' | 'cancelled', days: number) =>
    add({ finishedAt: Date.now() - days * DAY, build: stage(status) })

  const old = [await over('completed', 10.01), await over('failed', 11), await over('cancelled', 300)]
  const young = [await over('completed', 9.99), await over('failed', 0)]
  const open = [await add({}), await add({ build: stage('in_progress') })]
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

  // It becomes old while the server runs.
  const later = await over('completed', 10.01)
  mock.timers.tick(HOUR - 1)
  t.ok((await known()).includes(later))
  mock.timers.tick(1)
  await until(() => !existsSync(folder(later)))
  t.same((await known()).toSorted(), [...young, ...open].toSorted())
})

t.test('the number of ended builds is limited, and a flood displaces its own builds', async (t) => {
  const store = openStore(':memory:')
  const table = createBuildTable(store.builds)
  const add = (owner: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, n) => {
        const id = crypto.randomUUID()
        await table.add(
          buildRecord({ id, owner, origin: 'dockerfile-build', finishedAt: Date.now() + n, build: stage('cancelled') }),
          { buildArgs: {} }
        )
        return id
      })
    )
  const quiet = await add('quiet', 10)
  const flood = await add('flood', 200)
  const waiting = crypto.randomUUID()
  await table.add(buildRecord({ id: waiting, origin: 'dockerfile-build' }), { buildArgs: {} })
  const engine = createMemoryEngine()
  engine.goAway()
  const { get, post } = await build(t, { engine, store, early: true, env: { BERTH_BUILD_RECORDS_MAX: '100' } })
  await until(async () => (await table.ids()).length === 101)
  t.same(new Set(await table.ids()), new Set([...quiet, ...flood.slice(-90), waiting]))

  t.test('the list of the older system is paged', async (t) => {
    const path = '/api/dockerfile-build?limit=40'
    const seen: string[] = []
    let cursor = ''
    do {
      const answer = await get(`${path}${cursor}`)
      const { data } = answer.json()
      t.ok(data.length <= 40)
      seen.push(...data.map(({ id }: { id: string }) => id))
      const next = answer.headers['x-next-cursor']
      cursor = next === undefined ? '' : `&cursor=${String(next)}`
    } while (cursor !== '')
    t.same(seen.toSorted(), (await table.ids()).toSorted())
  })

  t.test('builds cancelled while the server runs count, too', async (t) => {
    const later = Array.from({ length: 60 }, () => crypto.randomUUID())
    for (const id of later) await table.add(buildRecord({ id, owner: 'flood' }), { buildArgs: {} })
    for (const id of later) t.equal((await post(`/builds/${id}/cancel`)).statusCode, 200)
    await until(async () => (await table.ids()).length <= 150)
    for (const id of quiet) t.ok(await table.get(id))
  })
})
