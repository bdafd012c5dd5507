import t from 'tap'
import { ANYBODY } from '../../../src/access/caller.ts'
import { createAccess } from '../../../src/access/service.ts'
import { createTokens } from '../../../src/access/tokens.ts'
import { openStore } from '../../../src/store/sqlite/open.ts'
import { silentLog } from '../../helpers/records.ts'
import { callerWith } from '../../helpers/tokens.ts'

const TOKEN = 'correct-horse-battery-staple-0123456789'
const NONE = { anybody: () => ANYBODY, exist: () => false, find: () => undefined }
const peer = (address: string) => ({ address, door: 'rest' as const })

t.test('without a token everybody may do everything', async (t) => {
  const { authenticate, authorize } = createAccess({ token: undefined, tokens: NONE, isPrivate: true })
  const caller = authenticate(undefined, peer('127.0.0.1'))
  t.doesNotThrow(() => authorize(caller, 'admin'))
  t.equal(caller.tokenId, null)
})

t.test('a caller may do what its scopes allow, an admin everything', async (t) => {
  const { authorize } = createAccess({ token: TOKEN, tokens: NONE, isPrivate: true })
  const reader = callerWith({})
  t.doesNotThrow(() => authorize(reader, 'read'))
  t.doesNotThrow(() => authorize(reader, 'open'))
  for (const scope of ['containers:write', 'builds:write', 'images:write', 'exec', 'admin'] as const)
    t.throws(() => authorize(reader, scope), { code: 'FORBIDDEN', facts: { scope } }, scope)
  t.doesNotThrow(() => authorize({ ...reader, scopes: ['admin'] }, 'exec'))
})

t.test('a full disk that cannot record the last use of a token locks nobody out', async (t) => {
  const store = openStore(':memory:')
  t.teardown(store.close)
  const given = { hasOperator: true, isPrivate: false, log: silentLog }
  const first = await createTokens({ table: store.tokens, ...given })
  const { secret } = await first.create({
    name: 'ci',
    scopes: ['read'],
    ttlSeconds: undefined
  })
  const used = async () => {
    throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
  }
  const tokens = await createTokens({ table: { ...store.tokens, used }, ...given })
  t.match(tokens.find(secret), { name: 'ci' })
})

t.test('wrong tokens are counted per address', async (t) => {
  let now = 0
  const { authenticate } = createAccess({ token: TOKEN, tokens: NONE, isPrivate: true, now: () => now })
  for (let tries = 1; tries <= 10; tries++)
    t.throws(() => authenticate('Bearer wrong', peer('10.0.0.1')), { code: 'UNAUTHORIZED' })
  now = 20_000
  t.throws(() => authenticate('Bearer wrong', peer('10.0.0.1')), { code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 40 })
  t.throws(() => authenticate('Bearer wrong', peer('10.0.0.2')), { code: 'UNAUTHORIZED' }, 'another address')
  t.throws(() => authenticate(undefined, peer('10.0.0.1')), { code: 'UNAUTHORIZED' }, 'a missing token is not a guess')
  t.equal(authenticate(`Bearer ${TOKEN}`, peer('10.0.0.1')).name, 'operator', 'a right one is let in all the same')
  now = 60_000
  t.throws(() => authenticate('Bearer wrong', peer('10.0.0.1')), { code: 'UNAUTHORIZED' }, 'a minute later')
})
