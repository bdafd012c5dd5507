// The queue of builds, for any number of servers.

import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { stage, type BuildRecord } from '../../../src/builds/record.ts'
import { createBuildTable } from '../../../src/builds/table.ts'
import type { Store } from '../../../src/store/contract/store.ts'
import { buildRecord } from '../../helpers/build-record.ts'
import type { Open } from './contract.ts'

const SECRETS = { buildArgs: { TOKEN: 'canary-5d2e' } }

function start(store: Store) {
  const table = createBuildTable(store.builds)
  const add = async (given: Partial<BuildRecord> = {}) => {
    const record = buildRecord({ id: randomUUID(), ...given })
    await table.add(record, SECRETS)
    return record
  }
  return { table, add }
}

export async function buildsContract(t: Test, open: Open): Promise<void> {
  await t.test('a record is returned unchanged, with its secrets', async (t) => {
    const { table, add } = start(await open(t))
    const record = await add({ steps: [{ number: 1, name: 'x', status: 'cached', durationMs: null }] })
    t.same(await table.get(record.id), record)
    t.same(await table.secrets(record.id), SECRETS)
    t.equal(await table.get(randomUUID()), undefined)
    await t.rejects(table.add(record, SECRETS), 'an id is assigned once')
  })

  await t.test('each of many concurrent claims gets another build', async (t) => {
    const { table, add } = start(await open(t))
    for (let count = 0; count < 5; count++) await add()
    const tokens = ['a', 'b', 'c', 'd', 'e', 'f']
    const claimed = await Promise.all(tokens.map((token) => table.claim(token, 100, 0)))
    t.equal(new Set(claimed.map((record) => record?.id)).size, 6, 'five of them, and one has none')
  })

  await t.test('one of two concurrent changes succeeds', async (t) => {
    const { table, add } = start(await open(t))
    const record = await add({ build: stage('failed') })
    const again = { ...record, build: stage('pending') }
    const changed = await Promise.all([table.change(again, 'failed'), table.change(again, 'failed')])
    t.strictSame(changed.toSorted(), [false, true])
  })

  await t.test('claims: the oldest first, each once, until the deadline', async (t) => {
    const { table, add } = start(await open(t))
    const [one, two] = [await add(), await add()]
    await add({ build: stage('failed') })
    await add({ build: stage('completed') })
    t.equal((await table.claim('a', 100, 0))?.id, one.id)
    t.equal((await table.claim('b', 100, 0))?.id, two.id)
    t.equal(await table.claim('c', 200, 99), undefined)
    t.equal(await table.claim('c', 200, 100), undefined, 'until the deadline')
    t.equal(await table.renew(one.id, 'a', 300), true)
    t.equal((await table.claim('d', 300, 150))?.id, two.id, 'whose claim expired')
    t.equal(await table.renew(two.id, 'b', 400), false, 'its former holder has lost it')
    t.equal(await table.claim('e', 400, 150), undefined)
  })

  await t.test('builds between two stages and interrupted ones are claimed, too', async (t) => {
    const { table, add } = start(await open(t))
    const between = await add({ build: stage('completed'), push: stage('pending') })
    const interrupted = await add({ build: stage('in_progress') })
    t.equal((await table.claim('a', 100, 0))?.id, between.id)
    t.equal((await table.claim('b', 100, 0))?.id, interrupted.id)
  })

  await t.test('only the holder of a claim may write, and a claimed build cannot be removed', async (t) => {
    const { table, add } = start(await open(t))
    const record = await add()
    await table.claim('a', 100, 0)
    const changed = { ...record, build: stage('in_progress') }
    t.equal(await table.save(changed, 'b'), false)
    t.equal(await table.change(changed, 'pending'), false)
    t.equal(await table.remove(record.id), false)
    t.same(await table.get(record.id), record)
    t.equal(await table.save(changed, 'a'), true)
    t.same(await table.get(record.id), changed)
    await table.release(record.id, 'b')
    t.equal(await table.change(changed, 'in_progress'), false, 'another token does not release it')
    await table.release(record.id, 'a')
    t.equal(await table.save(record, 'a'), false, 'after the release the token is invalid')
    t.equal(await table.change(record, 'in_progress'), true)
    t.equal(await table.change(record, 'in_progress'), false, 'it is no longer in that state')
    t.equal(await table.remove(record.id), true)
    t.equal(await table.remove(record.id), false)
    t.equal(await table.change(record, 'pending'), false)
  })

  await t.test('a start frees the claims of a killed server', async (t) => {
    const { table, add } = start(await open(t))
    const record = await add()
    await table.claim('a', 1_000_000, 0)
    await table.releaseAll()
    t.equal(await table.save(record, 'a'), false)
    t.equal((await table.claim('b', 100, 0))?.id, record.id)
  })

  await t.test('lists, newest first, by status and image, page by page', async (t) => {
    const { table, add } = start(await open(t))
    const ids: string[] = []
    for (let index = 0; index < 6; index++) {
      const given = { imageName: index % 2 ? 'odd' : 'even', build: stage(index < 2 ? 'failed' : 'pending') }
      ids.push((await add(given)).id)
    }
    const newest = ids.toReversed()
    const list = async (...asked: Parameters<typeof table.list>) => (await table.list(...asked)).map(({ id }) => id)
    t.same(await list({}, 100, undefined), newest)
    t.same(await list({}, 2, undefined), newest.slice(0, 2))
    t.same(await list({}, 2, await table.sequence(newest[1] ?? '')), newest.slice(2, 4))
    t.same(await list({ image: 'odd' }, 100, undefined), [newest[0], newest[2], newest[4]])
    t.same(await list({ status: 'failed', image: 'even' }, 100, undefined), [ids[0]])
    t.equal(await table.sequence(randomUUID()), undefined)
    t.same(await table.counts(), { failed: 2, pending: 4 })
    t.same((await table.ids()).toSorted(), ids.toSorted())
  })

  await t.test('the queue has waiting builds but not claimed ones', async (t) => {
    const { table, add } = start(await open(t))
    const [one, two, three] = [await add(), await add(), await add()]
    await add({ build: stage('completed') })
    t.same(await table.queue(), [one.id, two.id, three.id])
    t.equal(await table.countBefore(three.id), 2)
    await table.claim('a', 100, 0)
    t.same(await table.queue(), [two.id, three.id])
    t.equal(await table.countBefore(three.id), 1)
  })

  await t.test('old builds are listed for removal', async (t) => {
    const { table, add } = start(await open(t))
    const old = await add({ finishedAt: 99, build: stage('failed') })
    await add({ finishedAt: 100, build: stage('failed') })
    await add()
    t.same(await table.finishedBefore(100), [old.id])
  })
}
