import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { stage, type BuildRecord } from '../../../src/builds/record.ts'
import { createBuildTable } from '../../../src/builds/table.ts'
import { openStore } from '../../../src/store/sqlite/open.ts'
import { buildRecord } from '../../helpers/build-record.ts'
import { makeFolder } from '../../helpers/folder.ts'

const SECRETS = { buildArgs: { TOKEN: 'canary-5d2e' } }

function open(t: Test, dataDir = ':memory:') {
  const store = openStore(dataDir)
  t.teardown(() => store.close())
  const table = createBuildTable(store.builds)
  const add = (given: Partial<BuildRecord> = {}) => {
    const record = buildRecord({ id: randomUUID(), ...given })
    table.add(record, SECRETS)
    return record
  }
  return { store, table, add }
}

t.test('a record is given back as it was kept, with its secrets', (t) => {
  const { table, add } = open(t)
  const record = add({ steps: [{ number: 1, name: 'x', status: 'cached', durationMs: null }] })
  t.same(table.get(record.id), record)
  t.same(table.secrets(record.id), SECRETS)
  t.equal(table.get(randomUUID()), undefined)
  t.throws(() => table.add(record, SECRETS), 'an id is given once')
  t.end()
})

t.test('secrets cannot be read in the files', (t) => {
  const folder = makeFolder('table')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { add, table } = open(t, folder)
  const { id } = add({ imageName: 'canary-in-the-open' })
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
  t.ok(files.some((bytes) => bytes.includes('canary-in-the-open')))
  t.notOk(files.some((bytes) => bytes.includes('canary-5d2e')))
  t.same(table.secrets(id), SECRETS)
  t.end()
})

t.test('claims: the oldest first, each once, until the deadline', (t) => {
  const { table, add } = open(t)
  const [one, two] = [add(), add()]
  add({ build: stage('failed') })
  add({ build: stage('completed') })
  t.equal(table.claim('a', 100, 0)?.id, one.id)
  t.equal(table.claim('b', 100, 0)?.id, two.id)
  t.equal(table.claim('c', 200, 99), undefined)
  t.equal(table.claim('c', 200, 100), undefined, 'until the deadline')
  t.equal(table.renew(one.id, 'a', 300), true)
  t.equal(table.claim('d', 300, 150)?.id, two.id, 'whose claim ran out')
  t.equal(table.renew(two.id, 'b', 400), false, 'who held it before has lost it')
  t.equal(table.claim('e', 400, 150), undefined)
  t.end()
})

t.test('what is between two stages or was interrupted is claimed too', (t) => {
  const { table, add } = open(t)
  const between = add({ build: stage('completed'), push: stage('pending') })
  const interrupted = add({ build: stage('in_progress') })
  t.equal(table.claim('a', 100, 0)?.id, between.id)
  t.equal(table.claim('b', 100, 0)?.id, interrupted.id)
  t.end()
})

t.test('only who holds the claim may write, and nobody may remove what is claimed', (t) => {
  const { table, add } = open(t)
  const record = add()
  table.claim('a', 100, 0)
  const changed = { ...record, build: stage('in_progress') }
  t.equal(table.save(changed, 'b'), false)
  t.equal(table.save(changed, null), false)
  t.equal(table.remove(record.id), false)
  t.same(table.get(record.id), record)
  t.equal(table.save(changed, 'a'), true)
  t.same(table.get(record.id), changed)
  table.release(record.id, 'b')
  t.equal(table.save(changed, null), false, 'another token releases nothing')
  table.release(record.id, 'a')
  t.equal(table.save(record, 'a'), false, 'after the release the token is worth nothing')
  t.equal(table.save(record, null), true)
  t.equal(table.remove(record.id), true)
  t.equal(table.remove(record.id), false)
  t.equal(table.save(record, null), false)
  t.end()
})

t.test('a start frees what a killed server held', (t) => {
  const { table, add } = open(t)
  const record = add()
  table.claim('a', 1_000_000, 0)
  table.releaseAll()
  t.equal(table.save(record, 'a'), false)
  t.equal(table.claim('b', 100, 0)?.id, record.id)
  t.end()
})

t.test('lists, newest first, by status and image, page by page', (t) => {
  const { table, add } = open(t)
  const ids = Array.from({ length: 6 }, (_none, index) =>
    add({ imageName: index % 2 ? 'odd' : 'even', build: stage(index < 2 ? 'failed' : 'pending') })
  ).map(({ id }) => id)
  const newest = ids.toReversed()
  const list = (...asked: Parameters<typeof table.list>) => table.list(...asked).map(({ id }) => id)
  t.same(list({}, 100, undefined), newest)
  t.same(list({}, 2, undefined), newest.slice(0, 2))
  t.same(list({}, 2, table.sequence(newest[1] ?? '')), newest.slice(2, 4))
  t.same(list({ image: 'odd' }, 100, undefined), [newest[0], newest[2], newest[4]])
  t.same(list({ status: 'failed', image: 'even' }, 100, undefined), [ids[0]])
  t.equal(table.sequence(randomUUID()), undefined)
  t.same(table.counts(), { failed: 2, pending: 4 })
  t.same(table.ids().toSorted(), ids.toSorted())
  t.end()
})

t.test('the queue: those that wait, without those that are worked on', (t) => {
  const { table, add } = open(t)
  const [one, two, three] = [add(), add(), add()]
  add({ build: stage('completed') })
  t.same(table.queue(), [one.id, two.id, three.id])
  t.equal(table.countBefore(three.id), 2)
  table.claim('a', 100, 0)
  t.same(table.queue(), [two.id, three.id])
  t.equal(table.countBefore(three.id), 1)
  t.end()
})

t.test('what is old enough to be forgotten', (t) => {
  const { table, add } = open(t)
  const old = add({ finishedAt: 99, build: stage('failed') })
  add({ finishedAt: 100, build: stage('failed') })
  add()
  t.same(table.finishedBefore(100), [old.id])
  t.end()
})
