// Networks on a real engine: names, reachability, and the networks that a container keeps.

import assert from 'node:assert/strict'
import { createClient } from '@connectrpc/connect'
import t, { type Test } from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import type { Network } from '../../src/networks/schemas.ts'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { askPort, docker, eventually, ignoreMissing } from '../helpers/engine.ts'
import { refusal, transportTo } from '../helpers/grpc.ts'
import { freePort } from '../helpers/port-ranges.ts'
import { hostPort, portsOf, SLEEPER, startServer, unique, WORKLOAD, type Server } from '../helpers/server.ts'

const SERVE = ['sh', '-c', 'echo -n "I am $WHO" > /tmp/index.html; exec httpd -f -p 5000 -h /tmp']
const fetchFrom = (name: string) => [
  'sh',
  '-c',
  `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 ${name} 5000 > /tmp/answer || exit 1; tail -n 1 /tmp/answer`
]

/** A server, and names of networks that are removed after it. */
async function serve(t: Test, { env = {}, ports = portsOf('networks') } = {}) {
  const names = { shop: unique('shop'), vault: unique('vault') }
  t.teardown(async () => {
    for (const name of Object.values(names)) await ignoreMissing(docker.getNetwork(name).remove())
  })
  return { ...names, server: await startServer(t, { ports, env }) }
}

/** The output and exit code of a command in a new container. */
async function run(server: Server, network: string | undefined, command: string[]) {
  const { body } = await server.create({ command, ports: [], ...(network && { network }) })
  await server.get(`/containers/${body.id}/wait?for=exited`)
  const [{ text }, { body: after }] = await Promise.all([
    server.get(`/containers/${body.id}/logs`),
    server.get<Container>(`/containers/${body.id}`)
  ])
  return { said: text, code: after.exit_code }
}

t.test('two containers communicate by name, and their ports are still published', async (t) => {
  const { server, shop } = await serve(t)
  const made = await server.post<Network>('/networks', { name: shop })
  t.match([made.status, made.headers.location], [201, `/networks/${shop}`], made.text)
  t.match(made.body, { driver: 'bridge', scope: 'local', internal: false, managed: true, usable: true, containers: [] })
  t.match(made.body.subnets, [/^\d+\.\d+\.\d+\.\d+\/\d+$/])

  const name = unique('db')
  const created = await server.create({
    name,
    network: shop,
    aliases: ['db'],
    command: SERVE,
    env: { WHO: 'the database' },
    wait: 'http'
  })
  t.equal(created.status, 201, created.text)
  const [place] = created.body.networks
  t.match(place, { name: shop, address: /^\d+\.\d+\.\d+\.\d+$/, aliases: ['db'] })
  t.equal(await askPort(hostPort(created.body)), 'I am the database', 'from the host')
  for (const host of [name, 'db'])
    t.strictSame(await run(server, shop, fetchFrom(host)), { said: 'I am the database\n', code: 0 }, host)
  t.not((await run(server, undefined, fetchFrom(name))).code, 0, 'not from outside of it')
  t.not((await run(server, 'none', fetchFrom(place?.address ?? ''))).code, 0, 'nor from a container without a network')

  const { body: listed } = await server.get<Network[]>('/networks')
  const found = listed.find((network) => network.name === shop)
  t.match(found, { id: made.body.id, containers: [{ state: 'exited' }, { state: 'exited' }, { name }].toReversed() })
  t.match(
    listed.find((network) => network.name === 'bridge'),
    { managed: false, usable: false }
  )

  const refused = await server.delete(`/networks/${shop}`)
  t.match([refused.status, refused.body.code], [409, 'NETWORK_IN_USE'])
  t.match(refused.body.detail, name)
  await server.removeAll()
  await eventually(async () => assert.equal((await server.delete(`/networks/${shop}`)).status, 200))
  await t.rejects(docker.getNetwork(shop).inspect(), /not found/)
})

t.test('an internal network is internal in the engine and publishes no ports', async (t) => {
  const { server, shop, vault } = await serve(t)
  await server.post('/networks', { name: shop })
  await server.post('/networks', { name: vault, internal: true })
  const { body: outside } = await server.create({
    network: shop,
    command: SERVE,
    env: { WHO: 'outside' },
    wait: 'http'
  })
  const { body: inside } = await server.create({
    network: vault,
    aliases: ['safe'],
    command: ['sh', '-c', 'echo -n inside > /tmp/index.html; exec httpd -f -p 5000 -h /tmp']
  })
  t.strictSame([inside.ports, inside.url], [{}, null])
  t.equal((await docker.getNetwork(vault).inspect()).Internal, true)
  await eventually(async () =>
    assert.deepEqual(await run(server, vault, fetchFrom('safe')), { said: 'inside\n', code: 0 })
  )

  const address = outside.networks[0]?.address ?? ''
  t.equal((await run(server, shop, fetchFrom(address))).code, 0, 'a container beside it reaches it')
  t.not((await run(server, vault, fetchFrom(address))).code, 0)

  for (const body of [{ ports: [{ container_port: 80 }] }, { wait: 'port' as const }]) {
    const { status, text } = await server.create({ network: vault, ...body })
    t.equal(status, 400, text)
  }
})

t.test('a container keeps its network through restarts, kills and another port', async (t) => {
  const { first } = portsOf('networks')
  const { server, shop } = await serve(t, { ports: { first, last: first } })
  await server.post('/networks', { name: shop })
  const name = unique('db')
  const body = { name, network: shop, aliases: ['db'], command: WORKLOAD, wait: 'http' as const }
  const { body: original } = await server.create(body)
  const isThere = async (why: string) => {
    for (const host of [name, 'db']) t.equal((await run(server, shop, fetchFrom(host))).code, 0, `${host} ${why}`)
  }
  await server.post(`/containers/${name}/restart`)
  await isThere('after a restart')

  await server.kill()
  await server.start()
  t.match((await server.get<Container>(`/containers/${name}`)).body.networks, original.networks, 'another server')

  await server.post(`/containers/${name}/stop`)
  t.match((await server.get<Container>(`/containers/${name}`)).body.networks, [{ name: shop, address: null }])
  const foreign = await server.create({ command: SLEEPER })
  t.equal(hostPort(foreign.body), first, 'its port is given away')
  await server.delete(`/containers/${foreign.body.id}?force=true`)
  const { body: taker } = await server.create({ command: SLEEPER, ports: [{ container_port: 5000 }] })
  t.equal(hostPort(taker), first)
  const none = await server.post(`/containers/${name}/start`)
  t.equal(none.body.code, 'PORT_RANGE_EXHAUSTED', none.text)
})

t.test('a container recreated on another port is still found by its names', async (t) => {
  const { first } = portsOf('networks')
  const { server, shop } = await serve(t, { ports: { first, last: first + 1 } })
  await server.post('/networks', { name: shop })
  const name = unique('db')
  await server.create({ name, network: shop, aliases: ['db'], wait: 'http' })
  await server.post(`/containers/${name}/stop`)
  const { body: one } = await server.create({ command: SLEEPER })
  const { body: two } = await server.create({ command: SLEEPER })
  const other = hostPort(one) === first ? two : one
  await server.delete(`/containers/${other.id}?force=true`)
  // It had the lower port, which remains taken.
  const { body: moved, text } = await server.post<Container & { replaced?: string }>(`/containers/${name}/start`)
  t.match(moved, { replaced: /^[0-9a-f]{64}$/, networks: [{ name: shop, aliases: ['db'] }] }, text)
  for (const host of [name, 'db']) t.equal((await run(server, shop, fetchFrom(host))).code, 0, host)
})

t.test('the same over gRPC', async (t) => {
  const port = freePort()
  const { server, shop } = await serve(t, { env: { BERTH_GRPC_PORT: String(port) } })
  const client = createClient(DockerService, transportTo(port))
  t.match(await client.createDockerNetwork({ name: shop }), { network: { name: shop, managed: true } })
  t.match(await refusal(client.createDockerNetwork({ name: shop })), {
    status: 'AlreadyExists',
    reason: 'NETWORK_NAME_TAKEN'
  })
  const name = unique('db')
  const { container } = await client.runDockerContainer({
    name,
    network: shop,
    aliases: ['db'],
    command: SERVE,
    env: { WHO: 'gRPC' },
    labels: server.labels,
    wait: 'http'
  })
  t.match(container?.networks, [{ name: shop, address: /^\d/, aliases: ['db'] }])
  t.strictSame(await run(server, shop, fetchFrom('db')), { said: 'I am gRPC\n', code: 0 })
  const { networks } = await client.listDockerNetworks({})
  t.match(
    networks.find((network) => network.name === shop)?.containers.map((user) => user.name),
    [name]
  )
  t.match(await refusal(client.removeDockerNetwork({ name: shop })), { reason: 'NETWORK_IN_USE' })
  await server.removeAll()
  await eventually(async () => assert.equal((await client.removeDockerNetwork({ name: shop })).success, true))
})
