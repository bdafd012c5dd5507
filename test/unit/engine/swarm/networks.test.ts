import t from 'tap'
import { mapNetwork } from '../../../../src/engine/docker/map-network.ts'
import { onSwarm } from '../../../../src/engine/swarm/networks.ts'

const seen = (raw: object) => onSwarm(mapNetwork({ Id: 'f'.repeat(64), Name: 'team', ...raw }))

t.test('services join attachable networks of the Swarm, and no others', (t) => {
  t.match(seen({ Scope: 'swarm', Driver: 'overlay', Attachable: true }), { driver: 'overlay', joinable: true })
  t.match(seen({ Scope: 'swarm', Driver: 'overlay', Attachable: false }), { joinable: false })
  t.match(seen({ Scope: 'local', Driver: 'bridge' }), { driver: 'bridge', joinable: false })
  t.end()
})

t.test('a network that the manager has not allocated yet has a driver, and can be joined', (t) => {
  t.match(seen({ Scope: 'swarm', Driver: '', Attachable: true }), { driver: 'overlay', joinable: true })
  t.match(seen({ Scope: 'swarm', Driver: '', Attachable: false }), { joinable: false })
  t.end()
})
