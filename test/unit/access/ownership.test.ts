import t from 'tap'
import { ANYBODY, NOBODY, OPERATOR, type Caller } from '../../../src/access/caller.ts'
import { checkMayChange, mayChange, maySee, ownerOf, type Owner } from '../../../src/access/ownership.ts'
import { callerWith } from '../../helpers/tokens.ts'

const ci = callerWith({ tokenId: 'ci' })
const mate = callerWith({ tokenId: 'mate', team: 'shop' })
const watcher = callerWith({ tokenId: 'watcher', seesAll: true })
const admin = callerWith({ tokenId: 'admin', scopes: ['admin'], seesAll: true })

const OWN: Owner = { owner: 'ci' }
const OF_TEAM: Owner = { owner: 'gone', team: 'shop' }
const OF_NO_TOKEN: Owner = { owner: null, team: null }
const SHARED: Owner = { owner: 'gone', team: null, shared: true }

type Row = [why: string, caller: Caller, thing: Owner, sees: boolean, changes: boolean]
const TABLE: Row[] = [
  ['its own', ci, OWN, true, true],
  ['another token’s', mate, OWN, false, false],
  ['its team’s', mate, OF_TEAM, true, true],
  ['another team’s', ci, OF_TEAM, false, false],
  ['no token’s', ci, OF_NO_TOKEN, false, false],
  ['no team is no team', ci, { owner: 'gone', team: null }, false, false],
  ['a shared one', ci, SHARED, true, true],
  ['one that sees all, another’s', watcher, OWN, true, false],
  ['one that sees all, no token’s', watcher, OF_NO_TOKEN, true, false],
  ['an admin', admin, OWN, true, true],
  ['an admin, no token’s', admin, OF_NO_TOKEN, true, true],
  ['BERTH_TOKEN', OPERATOR, OWN, true, true],
  ['a server without tokens', ANYBODY, OF_TEAM, true, true],
  ['a server without tokens, no token’s', ANYBODY, OF_NO_TOKEN, true, true],
  ['nobody, no token’s', NOBODY, OF_NO_TOKEN, false, false]
]

for (const [why, caller, thing, sees, changes] of TABLE)
  t.test(`visibility and changes: ${why}`, async (t) => {
    t.equal(maySee(caller, thing), sees)
    t.equal(mayChange(caller, thing), changes)
  })

t.test('resources belong to their caller and its team', async (t) => {
  t.strictSame(ownerOf(mate), { owner: 'mate', team: 'shop' })
  t.ok(mayChange(mate, ownerOf(mate)))
})

t.test('a visible but protected resource says who may change it', async (t) => {
  t.throws(() => checkMayChange(watcher, OWN, 'Container web'), { code: 'FORBIDDEN', message: /Container web .*admin/ })
  t.doesNotThrow(() => checkMayChange(ci, OWN, 'Container web'))
})
