import { readFileSync } from 'node:fs'
import t from 'tap'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build, problem } from '../helpers/build.ts'
import { bearer } from '../helpers/tokens.ts'

const OPERATOR = 'correct-horse-battery-staple-0123456789'

t.test('a token is shown once and then kept as its hash', async (t) => {
  const dataDir = t.testdir({})
  const store = openStore(dataDir)
  const { get, post } = await build(t, { store, env: { BERTH_TOKEN: OPERATOR } })
  const answer = await post('/tokens', { name: 'ci', scopes: ['read', 'read'], ttl_seconds: 3600 }, bearer(OPERATOR))
  t.equal(answer.statusCode, 201)
  const made = answer.json()
  t.match(made, { name: 'ci', scopes: ['read'], expires_at: /^\d{4}-/, last_used_at: null })
  t.match(made.token, /^berth_[\w-]{43}$/, '256 bits')
  t.equal(answer.headers.location, `/tokens/${made.id}`)
  t.equal((await get('/containers', { headers: bearer(made.token) })).statusCode, 200)

  const list = await get('/tokens', { headers: bearer(OPERATOR) })
  t.notMatch(list.body, made.token)
  t.match(list.json(), [{ id: made.id, name: 'ci', last_used_at: /^\d{4}-/ }])
  for (const file of ['berth.db', 'berth.db-wal'])
    t.notMatch(readFileSync(`${dataDir}/${file}`, 'latin1'), made.token.slice(6), file)
})

t.test('tokens and their last use survive a restart', async (t) => {
  const dataDir = t.testdir({})
  let token = ''
  await t.test('before', async (t) => {
    const { post, get } = await build(t, { store: openStore(dataDir), env: { BERTH_TOKEN: OPERATOR } })
    token = (await post('/tokens', { name: 'ci', scopes: ['admin'] }, bearer(OPERATOR))).json().token
    await get('/containers', { headers: bearer(token) })
  })
  await t.test('after', async (t) => {
    const { get } = await build(t, { store: openStore(dataDir), early: true })
    problem(t, await get('/containers'), 401, 'UNAUTHORIZED')
    t.match((await get('/tokens', { headers: bearer(token) })).json(), [{ name: 'ci', last_used_at: /^\d{4}-/ }])
  })
})

t.test("the first token closes an open server, and must be an admin's", async (t) => {
  const { get, post, ask } = await build(t)
  t.equal((await get('/containers')).statusCode, 200)
  problem(t, await post('/tokens', { name: 'ci', scopes: ['read'] }), 409, 'ADMIN_TOKEN_NEEDED')
  const { token } = (await post('/tokens', { name: 'me', scopes: ['admin'] })).json()
  problem(t, await get('/containers'), 401, 'UNAUTHORIZED')
  const ci = (await post('/tokens', { name: 'ci', scopes: ['read'] }, bearer(token))).json()
  t.equal((await get('/containers', { headers: bearer(ci.token) })).statusCode, 200)

  const last = await ask('DELETE', '/tokens/me', { headers: bearer(token) })
  problem(t, last, 409, 'ADMIN_TOKEN_NEEDED')
  t.equal((await ask('DELETE', `/tokens/${ci.id}`, { headers: bearer(token) })).statusCode, 200)
  t.match((await ask('DELETE', '/tokens/me', { headers: bearer(token) })).json(), { name: 'me', revoked: true })
  t.equal((await get('/containers')).statusCode, 200, 'as it was before')
})

t.test('impossible operations', async (t) => {
  const { post, ask } = await build(t, { env: { BERTH_TOKEN: OPERATOR } })
  const as = bearer(OPERATOR)
  await post('/tokens', { name: 'ci', scopes: ['read'] }, as)
  problem(t, await post('/tokens', { name: 'ci', scopes: ['read'] }, as), 409, 'TOKEN_NAME_TAKEN')
  // The audit trail uses these for others.
  for (const name of ['operator', 'anybody', 'nobody'])
    problem(t, await post('/tokens', { name, scopes: ['read'] }, as), 409, 'TOKEN_NAME_TAKEN')
  problem(t, await ask('DELETE', '/tokens/nobody', { headers: as }), 404, 'TOKEN_NOT_FOUND')
  for (const body of [
    {},
    { name: 'x' },
    { name: 'x', scopes: [] },
    { name: 'x', scopes: ['root'] },
    { name: 'a b', scopes: ['read'] },
    { name: 'x', scopes: ['read'], ttl_seconds: 0 },
    { name: 'x', scopes: ['read'], token: 'of my own choice' }
  ])
    problem(t, await post('/tokens', body, as), 400, 'INVALID_REQUEST')
})

t.test('GET /access shows the caller and its scopes, and the policy to admins', async (t) => {
  const policy = { images: ['shop/*'], containers_per_token: 5 }
  const { get, post } = await build(t, { policy, env: { BERTH_TOKEN: OPERATOR } })
  const made = { name: 'ci', scopes: ['read', 'files'], team: 'shop' }
  const { token, id } = (await post('/tokens', made, bearer(OPERATOR))).json()
  t.strictSame((await get('/access', { headers: bearer(token) })).json(), {
    caller: 'ci',
    token_id: id,
    team: 'shop',
    scopes: ['read', 'files'],
    sees_all: false,
    exec: false,
    swarm: false
  })
  t.match((await get('/access', { headers: bearer(OPERATOR) })).json(), { caller: 'operator', token_id: null, policy })
})

t.test('a container names the token that created it, and its team', async (t) => {
  const { post } = await build(t, { env: { BERTH_TOKEN: OPERATOR } })
  const made = { name: 'ci', scopes: ['containers:write'], team: 'shop' }
  const { token, id } = (await post('/tokens', made, bearer(OPERATOR))).json()
  t.match((await post('/containers', {}, bearer(token))).json(), { owner: id, team: 'shop' })
  t.match((await post('/containers', {}, bearer(OPERATOR))).json(), { owner: null, team: null })
})
