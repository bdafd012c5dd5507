// Rows that are added, changed and removed by their id.

import type { Test } from 'tap'
import type { TokenRow } from '../../../src/store/contract/tokens.ts'
import type { Open } from './contract.ts'

const token = (given: Partial<TokenRow> = {}): TokenRow => ({
  id: 'one',
  name: 'ci',
  hash: 'h1',
  scopes: 'read,exec',
  team: null,
  createdAt: 1,
  expiresAt: null,
  lastUsedAt: null,
  ...given
})

export async function rowsContract(t: Test, open: Open): Promise<void> {
  await t.test('each store has an id of its own', async (t) => {
    const { instanceId } = await open(t)
    t.match(instanceId, /^[0-9a-f-]{36}$/)
    t.not((await open(t)).instanceId, instanceId)
  })

  await t.test('names of images', async (t) => {
    const { imageNames } = await open(t)
    const app = { name: 'docker.io/library/app:1', owner: 'one', team: 'shop', claimedAt: 1 }
    const web = { name: 'docker.io/library/web:1', owner: 'two', team: null, claimedAt: 1 }
    t.same(await imageNames.claim(app), app)
    t.same(await imageNames.claim({ ...app, owner: 'two', team: null, claimedAt: 2 }), app, 'the first owner has it')
    t.same(await imageNames.claim({ ...app, claimedAt: 3 }), { ...app, claimedAt: 3 }, 'and renews it')
    t.same(await imageNames.claim(web), web)
    t.same(await imageNames.find([web.name, 'docker.io/library/none:1']), [web])
    t.same(await imageNames.find([]), [])
    await imageNames.remove(app.name)
    await imageNames.remove('never there')
    t.same(await imageNames.find([app.name, web.name]), [web])
  })

  await t.test('intents', async (t) => {
    const { intents } = await open(t)
    t.strictSame(await intents.all(), [])
    await intents.add('one', 1)
    await intents.add('two', 2)
    await t.rejects(intents.add('two', 3), 'an attempt is recorded once')
    await intents.remove('one')
    await intents.remove('never there')
    t.strictSame(await intents.all(), [{ attempt: 'two', createdAt: 2, isFinal: false }])
    await intents.add('three', 3)
    await intents.finalize('two')
    t.strictSame(
      (await intents.all()).map(({ attempt, isFinal }) => ({ attempt, isFinal })),
      [
        { attempt: 'two', isFinal: true },
        { attempt: 'three', isFinal: false }
      ]
    )
  })

  await t.test('expiries: "never" differs from "not set"', async (t) => {
    const { expiries } = await open(t)
    await expiries.set('web', 1234)
    await expiries.set('db', null)
    await expiries.set('gone', 1)
    await expiries.set('web', 5678)
    await expiries.add('web', 9)
    await expiries.add('new', 9)
    await expiries.remove('gone')
    await expiries.remove('never there')
    const rows = await expiries.all()
    t.same(
      new Map(rows.map((row) => [row.containerId, row.expiresAt])),
      new Map<string, number | null>([
        ['web', 5678],
        ['db', null],
        ['new', 9]
      ])
    )
    t.equal(rows.length, 3)
  })

  await t.test('tokens, oldest first', async (t) => {
    const { tokens } = await open(t)
    await tokens.add(token({ id: 'new', name: 'b', hash: 'h2', createdAt: 2, expiresAt: 99, team: 'shop' }))
    await tokens.add(token())
    t.match(await tokens.all(), [token(), { id: 'new', expiresAt: 99, team: 'shop' }])
    await t.rejects(tokens.add(token({ id: 'other', hash: 'h3' })), 'a name is assigned once')
    await t.rejects(tokens.add(token({ id: 'other', name: 'other' })), 'and so is a hash')
    await tokens.used('one', 7)
    await tokens.remove('new')
    await tokens.remove('never there')
    t.match(await tokens.all(), [token({ lastUsedAt: 7 })])
    t.equal((await tokens.all()).length, 1)
  })
}
