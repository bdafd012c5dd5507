import t from 'tap'
import { chosenNetwork, mapNetwork, mapNetworks } from '../../../src/engine/docker/map-network.ts'
import type { RawNetwork } from '../../../src/engine/docker/schemas/networks.ts'

const raw: RawNetwork = {
  Id: '82cdb67fbe00',
  Name: 'shop',
  Created: '2026-01-01T00:00:00Z',
  Driver: 'bridge',
  Scope: 'local',
  IPAM: { Config: [{ Subnet: '172.18.0.0/16' }, {}] },
  Labels: null
}

t.test('networks that a container may join', async (t) => {
  const joinable = (given: Partial<RawNetwork>) => mapNetwork({ ...raw, ...given }).joinable
  t.match(mapNetwork(raw), { name: 'shop', subnets: ['172.18.0.0/16'], internal: false, labels: {}, joinable: true })
  t.ok(joinable({ Driver: 'overlay', Attachable: true, Scope: 'swarm' }))
  t.notOk(joinable({ Driver: 'overlay', Attachable: false }))
  for (const Driver of ['host', 'null', 'macvlan', 'ipvlan', 'somebody/plugin']) t.notOk(joinable({ Driver }), Driver)
  for (const Name of ['bridge', 'podman', 'docker_gwbridge', 'ingress']) t.notOk(joinable({ Name }), Name)
  t.notOk(joinable({ Driver: 'overlay', Attachable: true, Ingress: true }))
})

t.test('the networks of a container', async (t) => {
  const Id = 'a'.repeat(64)
  const place = { IPAddress: '172.18.0.2', Aliases: ['a', Id.slice(0, 12)] }
  const Networks = { shop: place, none: {}, idle: { IPAddress: '', Aliases: null } }
  t.strictSame(mapNetworks({ Id, NetworkSettings: { Networks } }), [
    { name: 'shop', address: '172.18.0.2', aliases: ['a'] },
    { name: 'idle', address: null, aliases: [] }
  ])
  t.strictSame(mapNetworks({ Id }), [])
})

t.test('the requested network', async (t) => {
  const place = (name: string) => ({ name, address: null, aliases: [`at-${name}`] })
  t.strictSame(chosenNetwork('shop', [place('later'), place('shop')]), { name: 'shop', aliases: ['at-shop'] })
  t.strictSame(chosenNetwork('bridge', [place('shop')]), { name: 'shop', aliases: ['at-shop'] }, 'as Podman reports it')
  t.strictSame(chosenNetwork('none', []), { name: 'none', aliases: [] })
  t.equal(chosenNetwork('default', [place('bridge')]), undefined)
  t.equal(chosenNetwork('bridge', [place('podman')]), undefined)
})
