import t from 'tap'
import type { Network } from '../../src/networks/schemas.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { addToken, bearer } from '../helpers/tokens.ts'
import type { Test } from 'tap'

async function isolated(t: Test, more: object = {}) {
  const store = openStore(':memory:')
  const scopes = ['read', 'containers:write'] as const
  const admin = bearer(await addToken(store, { name: 'boss', scopes: ['admin'] }))
  const as = {
    red: bearer(await addToken(store, { name: 'red', scopes })),
    blue: bearer(await addToken(store, { name: 'blue', scopes })),
    ann: bearer(await addToken(store, { name: 'ann', scopes, team: 'shop' })),
    bob: bearer(await addToken(store, { name: 'bob', scopes, team: 'shop' })),
    admin
  }
  const walls = { gap: undefined as string | undefined }
  const check = () => {
    if (walls.gap !== undefined) throw new AppError('ISOLATION_UNAVAILABLE', walls.gap)
  }
  const server = await build(t, { store, policy: { isolation: {}, ...more }, walls: { check }, early: true })
  const networkOf = async (headers: Record<string, string>, body: object = {}): Promise<string> => {
    const answer = await server.post('/containers', body, headers)
    t.equal(answer.statusCode, 201, answer.body)
    return answer.json().networks[0]?.name
  }
  return { ...server, as, walls, networkOf }
}

t.test('each token has a network, and a team shares one', async (t) => {
  const { as, networkOf, engine, get } = await isolated(t)
  const [red, blue, ann] = [await networkOf(as.red), await networkOf(as.blue), await networkOf(as.ann)]
  t.equal(new Set([red, blue, ann]).size, 3)
  for (const name of [red, blue, ann]) {
    t.match(name, /^berth-[0-9a-f]{10}$/)
    t.equal(engine.networks.get(name)?.bridge, name.replace('berth', 'brth'))
  }
  t.equal(await networkOf(as.red), red)
  t.equal(await networkOf(as.bob), ann)
  const seen = (await get('/networks', { headers: as.bob })).json<Network[]>()
  t.match(
    seen.filter(({ usable }) => usable).map(({ name }) => name),
    [ann]
  )
})

t.test('concurrent first creates make one network', async (t) => {
  const { as, networkOf, engine } = await isolated(t)
  const names = await Promise.all(Array.from({ length: 8 }, () => networkOf(as.red)))
  t.equal(new Set(names).size, 1)
  t.equal([...engine.networks.keys()].filter((name) => name.startsWith('berth-')).length, 1)
})

t.test('no caller can put a container on a network of others', async (t) => {
  const { as, networkOf, post, engine } = await isolated(t, { networks: ['*'] })
  const red = await networkOf(as.red)
  t.equal((await post('/networks', { name: 'open', shared: true }, as.blue)).statusCode, 201)
  await engine.createNetwork({ name: 'foreign', internal: false, labels: {} })
  const labels = { 'io.berth.managed': 'true', 'io.berth.owner': 'red' }
  await engine.createNetwork({ name: 'from-before', internal: false, labels })
  for (const [headers, network] of [
    [as.red, 'open'],
    [as.red, 'foreign'],
    [as.red, 'from-before'],
    [as.admin, red],
    [as.admin, 'open']
  ] as const) {
    const { errors } = problem(t, await post('/containers', { network }, headers), 403, 'POLICY_REFUSED')
    t.match(errors, [{ field: 'network' }], network)
  }
  problem(t, await post('/containers', { network: red }, as.blue), 404, 'NETWORK_NOT_FOUND')
  problem(t, await post('/containers', { network: 'bridge' }, as.red), 400, 'INVALID_REQUEST')
  t.equal(await networkOf(as.red, { network: 'none' }), undefined)
})

t.test('networks that an owner creates are isolated, too', async (t) => {
  const { as, networkOf, post, engine } = await isolated(t, { networks_per_token: 1 })
  await networkOf(as.red)
  t.equal((await post('/networks', { name: 'shop' }, as.red)).statusCode, 201, 'its own network does not count')
  t.match(engine.networks.get('shop')?.bridge, /^brth-[0-9a-f]{10}$/)
  t.equal(await networkOf(as.red, { network: 'shop', aliases: ['db'] }), 'shop')
  problem(t, await post('/networks', { name: 'berth-0123456789' }, as.blue), 400, 'INVALID_REQUEST')
})

t.test('nothing is created while owners cannot be isolated', async (t) => {
  const { as, walls, post, engine } = await isolated(t)
  walls.gap = 'no firewall'
  const before = engine.writes().length
  problem(t, await post('/containers', {}, as.red), 503, 'ISOLATION_UNAVAILABLE')
  problem(t, await post('/networks', { name: 'shop' }, as.red), 503, 'ISOLATION_UNAVAILABLE')
  t.equal(engine.writes().length, before)
  t.equal(
    (await post('/containers', { network: 'none' }, as.red)).statusCode,
    201,
    'a container without a network needs none'
  )
})

t.test('a recreated container stays on its network', async (t) => {
  const { as, networkOf, ask, get } = await isolated(t)
  const red = await networkOf(as.red, { name: 'web' })
  const changed = await ask('PATCH', '/containers/web', { payload: { env: { A: 'b' } }, headers: as.red })
  t.equal(changed.statusCode, 200, changed.body)
  t.match((await get('/containers/web', { headers: as.red })).json().networks, [{ name: red }])
})
