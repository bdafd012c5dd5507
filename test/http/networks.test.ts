import t from 'tap'
import type { ContainerRecord } from '../../src/engine/contract/containers.ts'
import type { Network } from '../../src/networks/schemas.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'

t.test('a network is created, used, listed and removed', async (t) => {
  const { post, get, ask, make, engine } = await build(t)
  const made = await post('/networks', { name: 'shop' })
  t.equal(made.statusCode, 201, made.body)
  t.match(made.json(), { name: 'shop', managed: true, usable: true, internal: false, containers: [] })
  t.match(engine.networks.get('shop')?.labels, { 'io.berth.managed': 'true' })
  problem(t, await post('/networks', { name: 'shop' }), 409, 'NETWORK_NAME_TAKEN')

  const { networks } = await make({ name: 'web', network: 'shop', aliases: ['front'] })
  t.match(networks, [{ name: 'shop', address: '172.18.0.2', aliases: ['front'] }])
  t.match((await make({ name: 'plain' })).networks, [{ name: 'bridge' }])
  t.match((await get('/networks')).json(), [
    { name: 'bridge', managed: false, usable: false, containers: [{ name: 'plain' }] },
    { name: 'host', usable: false },
    { name: 'shop', containers: [{ name: 'web', state: 'running' }] }
  ])

  await post('/containers/web/stop')
  const refused = problem(t, await ask('DELETE', '/networks/shop'), 409, 'NETWORK_IN_USE')
  t.match(
    refused,
    { detail: /web/, containers: [{ id: /^[0-9a-f]{12}$/, name: 'web' }] },
    'a stopped container needs it, too'
  )
  await ask('DELETE', '/containers/web')
  t.match((await ask('DELETE', '/networks/shop')).json(), { name: 'shop', removed: true })
  problem(t, await ask('DELETE', '/networks/shop'), 404, 'NETWORK_NOT_FOUND')
})

t.test('concurrent requests for the same name create one network', async (t) => {
  const { post, engine } = await build(t)
  const answers = await Promise.all(Array.from({ length: 8 }, () => post('/networks', { name: 'shop' })))
  t.strictSame(answers.map(({ statusCode }) => statusCode).toSorted(), [201, ...Array<number>(7).fill(409)])
  t.ok(engine.networks.has('shop'))
})

t.test('invalid networks of a container', async (t) => {
  const { post, ask, engine } = await build(t)
  const before = engine.writes().length
  for (const network of ['host', 'bridge', 'default', 'ingress', 'docker_gwbridge', 'pasta', 'ns'])
    t.match(problem(t, await post('/containers', { network }), 400, 'INVALID_REQUEST').errors, [{ field: 'network' }])
  const names = ['container:abc', 'ns:/proc/1/ns/net', '', '../x', 'a/b', 'host ', 'a'.repeat(64), 'é', 7]
  for (const network of names)
    t.match(problem(t, await post('/containers', { network }), 400, 'INVALID_REQUEST').errors, [{ field: 'network' }])
  const lost = problem(t, await post('/containers', { network: 'nobody' }), 404, 'NETWORK_NOT_FOUND')
  t.match(lost.detail, /POST \/networks/, 'and what to do')
  for (const aliases of [[], ['-a'], ['a b'], [''], ['a'.repeat(64)]])
    problem(t, await post('/containers', { network: 'shop', aliases }), 400, 'INVALID_REQUEST')
  for (const body of [{ aliases: ['db'] }, { aliases: ['db'], network: 'none' }])
    t.match(problem(t, await post('/containers', body), 400, 'INVALID_REQUEST').errors, [{ field: 'aliases' }])

  for (const name of ['host', 'none', 'bridge', 'container:x', '../x', 'a'.repeat(64)])
    t.match(problem(t, await post('/networks', { name }), 400, 'INVALID_REQUEST').errors, [{ field: 'name' }])
  problem(t, await post('/networks', { name: 'x', driver: 'host' }), 400, 'INVALID_REQUEST')
  problem(t, await ask('DELETE', '/networks/host'), 403, 'NETWORK_NOT_MANAGED')
  t.equal(engine.writes().length, before)
})

t.test('an engine network that no container may join', async (t) => {
  const { post, engine } = await build(t)
  const bridge = engine.networks.get('bridge')!
  engine.networks.set('lan', { ...bridge, name: 'lan', driver: 'macvlan', joinable: false })
  const { errors } = problem(t, await post('/containers', { network: 'lan' }), 400, 'INVALID_REQUEST')
  t.match(errors, [{ field: 'network', message: /macvlan/ }])
  t.strictSame(engine.records(), [])
})

t.test('a container without a network, or on an internal one, has no ports', async (t) => {
  const { post, make, get } = await build(t)
  await post('/networks', { name: 'vault', internal: true })
  for (const network of ['none', 'vault']) {
    const container = await make({ name: `on-${network}`, network })
    t.strictSame([container.ports, container.url], [{}, null], network)
    for (const [body, field] of [
      [{ ports: [{ container_port: 80 }] }, 'ports'],
      [{ wait: 'http' }, 'wait'],
      [{ wait: 'port' }, 'wait']
    ] as const) {
      const { errors } = problem(t, await post('/containers', { network, ...body }), 400, 'INVALID_REQUEST')
      t.match(errors, [{ field }], network)
    }
  }
  t.strictSame((await get('/containers/on-none')).json().networks, [])
  t.match((await get('/ports')).json(), { used_ports: [] })
})

t.test('the policy decides which networks may be used, created and removed', async (t) => {
  const { post, get, ask, engine, make } = await build(t, { policy: { networks: ['team-*'] } })
  for (const name of ['team-a', 'other']) await engine.createNetwork({ name, internal: false, labels: {} })
  const mine = { 'io.berth.managed': 'true' }
  await engine.createNetwork({ name: 'prod', internal: false, labels: mine })
  const before = engine.writes().length
  for (const refused of [
    await post('/containers', { network: 'other' }),
    await post('/networks', { name: 'mine' }),
    await ask('DELETE', '/networks/prod')
  ])
    t.match(problem(t, refused, 403, 'POLICY_REFUSED').errors, [{ field: 'network' }])
  t.equal(engine.writes().length, before)
  const usable = (await get('/networks')).json<Network[]>().filter((network) => network.usable)
  t.match(usable, [{ name: 'team-a' }])
  t.equal(usable.length, 1)
  t.match((await make({ network: 'team-a' })).networks, [{ name: 'team-a' }])
  t.match((await make({ network: 'none' })).networks, [])
  t.equal((await post('/networks', { name: 'team-b' })).statusCode, 201)
})

t.test('a container that ended up on another network is removed', async (t) => {
  const stray = { name: 'prod', address: '172.19.0.9', aliases: [] }
  for (const body of [{}, { network: 'shop' }, { network: 'none' }]) {
    const engine = createMemoryEngine()
    const inspect = engine.inspectContainer
    engine.inspectContainer = async (...args): Promise<ContainerRecord | undefined> => {
      const record = await inspect(...args)
      return record && { ...record, networks: [...record.networks, stray] }
    }
    const { post } = await build(t, { engine })
    await post('/networks', { name: 'shop' })
    const refused = problem(t, await post('/containers', body), 502, 'POLICY_NOT_APPLIED')
    t.match(refused, { freedoms: ['a place on the network prod'] })
    t.strictSame(engine.records(), [])
  }
})

t.test('a prune removes only unused networks of Berth, and only on request', async (t) => {
  const { post, make, engine } = await build(t)
  for (const name of ['idle', 'busy']) await post('/networks', { name })
  await engine.createNetwork({ name: 'of-others', internal: false, labels: {} })
  await make({ network: 'busy' })
  t.match((await post('/system/prune', {})).json(), { networks: [] })
  t.match((await post('/system/prune', { networks: true, older_than_seconds: 1e9 })).json(), { networks: [] })
  t.match((await post('/system/prune', { networks: true, dry_run: true })).json(), { networks: [{ name: 'idle' }] })
  t.ok(engine.networks.has('idle'))
  t.match((await post('/system/prune', { networks: true })).json(), { networks: [{ name: 'idle' }] })
  t.strictSame([...engine.networks.keys()], ['bridge', 'host', 'busy', 'of-others'])
})

t.test('the audit trail names the network', async (t) => {
  const { post, ask, get } = await build(t)
  await post('/networks', { name: 'shop' })
  await ask('DELETE', '/networks/shop')
  const entries = (await get('/audit?outcome=succeeded')).json()
  t.match(entries, [
    { action: 'removeNetwork', object: 'shop' },
    { action: 'createNetwork', object: 'shop' }
  ])
})
