import t from 'tap'
import { ANYBODY } from '../../../src/access/caller.ts'
import type { ContainerState, Protocol } from '../../../src/engine/contract/containers.ts'
import { AppError } from '../../../src/errors.ts'
import { createAllocator } from '../../../src/ports/allocator.ts'
import { createPortService } from '../../../src/ports/service.ts'
import { fakeInventory } from '../../helpers/fake-inventory.ts'
import { binding, container, idOf } from '../../helpers/records.ts'

function setUp({ last = 8009, reserved = new Map<number, string>() } = {}) {
  const listening = { tcp: new Set<number>(), udp: new Set<number>() }
  const clock = { now: 0 }
  const inventory = fakeInventory()
  const allocator = createAllocator({ range: { first: 8001, last }, reserved, now: () => clock.now })
  const ports = createPortService({
    allocator,
    listeners: {
      isTaken: async (port: number, protocol: Protocol) => listening[protocol].has(port),
      listening: async (protocol: Protocol) => listening[protocol]
    },
    inventory
  })
  return { ports, allocator, inventory, listening, clock }
}

const any = { protocol: 'tcp' as const, hostPort: undefined }
const wanted = (hostPort: number, protocol: Protocol = 'tcp') => ({ protocol, hostPort })

t.test('a port with a listener is skipped and blocked', async (t) => {
  const { ports, allocator, listening } = setUp()
  listening.tcp.add(8001).add(8002)
  const [lease] = await ports.lease([any], 'request')
  t.equal(lease?.port, 8003)
  t.match(allocator.rows(), [
    { port: 8001, state: 'blocked', reason: 'another process listens on it' },
    { port: 8002, state: 'blocked' },
    { port: 8003, state: 'leased' }
  ])
})

t.test('a listener of the other protocol does not matter', async (t) => {
  const { ports, listening } = setUp()
  listening.udp.add(8001)
  t.equal((await ports.lease([any], 'request'))[0]?.port, 8001)
})

t.test('the range is exhausted if every port has a listener', async (t) => {
  const { ports, listening, allocator } = setUp({ last: 8002 })
  listening.tcp.add(8001).add(8002)
  await t.rejects(ports.lease([any], 'request'), { code: 'PORT_RANGE_EXHAUSTED' })
  t.match(allocator.counts('tcp'), { blocked: 2, leased: 0 })
})

t.test('several ports are leased in the requested order', async (t) => {
  const { ports } = setUp()
  const leases = await ports.lease([any, wanted(8001), { protocol: 'udp', hostPort: undefined }, any], 'request')
  t.strictSame(
    leases.map(({ port, protocol }) => [port, protocol]),
    [
      [8002, 'tcp'],
      [8001, 'tcp'],
      [8001, 'udp'],
      [8003, 'tcp']
    ],
    'and none takes one that is requested by number'
  )
})

t.test('a request gets all its ports or none', async (t) => {
  const { ports, inventory, allocator } = setUp({ last: 8003 })
  inventory.put(container({ ports: [binding(8003)] }))
  const before = allocator.counts('tcp')
  for (const [asked, code] of [
    [[any, any, any], 'PORT_RANGE_EXHAUSTED'],
    [[any, wanted(8003)], 'PORT_UNAVAILABLE'],
    [[wanted(8001), wanted(8001)], 'PORT_UNAVAILABLE'],
    [[wanted(8001), wanted(80)], 'INVALID_REQUEST']
  ] as const) {
    await t.rejects(ports.lease([...asked], 'request'), { code })
    t.strictSame(allocator.counts('tcp'), before)
  }
})

t.test('the ports of a container', async (t) => {
  const states: [state: ContainerState, port: string][] = [
    ['created', 'parked'],
    ['running', 'bound'],
    ['paused', 'bound'],
    ['restarting', 'bound'],
    ['exited', 'parked'],
    ['dead', 'parked']
  ]
  for (const [state, expected] of states) {
    const { inventory, allocator } = setUp()
    inventory.put(container({ state, ports: [binding(8005)] }))
    t.equal(allocator.stateOf(8005, 'tcp'), expected, state)
    inventory.removed(idOf('web'))
    t.equal(allocator.stateOf(8005, 'tcp'), 'free', 'and free when it is gone')
  }
})

t.test('a port whose holder is gone is checked again before it is refused', async (t) => {
  const { ports, listening, allocator, inventory } = setUp({ last: 8002 })
  listening.tcp.add(8001).add(8002)
  await t.rejects(ports.lease([any], 'one'), { code: 'PORT_RANGE_EXHAUSTED' })
  listening.tcp.delete(8001)
  const [free] = await ports.lease([any], 'two')
  t.equal(free?.port, 8001, 'of a full range')
  await t.rejects(ports.lease([wanted(8002)], 'three'), { code: 'PORT_UNAVAILABLE' })
  listening.tcp.delete(8002)
  const [exact] = await ports.lease([wanted(8002)], 'three')
  t.equal(exact?.port, 8002, 'requested by number')

  exact?.block('another process listens on it')
  const stopped = container({ state: 'exited', ports: [binding(8002)] })
  inventory.put(stopped)
  t.equal(allocator.stateOf(8002, 'tcp'), 'blocked')
  t.match(await ports.reclaim(stopped, 'start'), [{ port: 8002 }], 'of a stopped container')
})

t.test('a port that the engine found taken is retried once per request', async (t) => {
  const { ports } = setUp({ last: 8003 })
  const tried: (number | undefined)[] = []
  const task = ports.withLeases([any], async ([lease]) => {
    tried.push(lease?.port)
    throw new AppError('PORT_UNAVAILABLE', 'taken', { facts: { port: lease?.port } })
  })
  await t.rejects(task, { code: 'PORT_RANGE_EXHAUSTED' })
  t.strictSame(tried, [8001, 8002, 8003])
})

t.test('reclaim', async (t) => {
  t.test('leases the ports of the stopped container, except those outside of the range', async (t) => {
    const { ports, inventory, allocator } = setUp()
    const stopped = container({ state: 'exited', ports: [binding(8005), binding(80)] })
    inventory.put(stopped)
    t.strictSame(
      (await ports.reclaim(stopped, 'start'))?.map(({ port }) => port),
      [8005]
    )
    t.equal(allocator.stateOf(8005, 'tcp'), 'leased')
  })

  t.test('leases a port on two addresses once', async (t) => {
    const { ports, inventory, allocator } = setUp()
    const stopped = container({
      state: 'exited',
      ports: [binding(8005, 80), { ...binding(8005, 81), hostIp: '127.0.0.2' }]
    })
    inventory.put(stopped)
    const leases = await ports.reclaim(stopped, 'start')
    t.strictSame(
      leases?.map(({ port }) => port),
      [8005]
    )
    for (const lease of leases ?? []) lease.release()
    t.equal(allocator.stateOf(8005, 'tcp'), 'parked')
  })

  t.test('leases nothing if one of the ports was taken', async (t) => {
    const { ports, inventory, allocator } = setUp()
    const stopped = container({ state: 'exited', ports: [binding(8005), binding(8006)] })
    inventory.put(stopped)
    inventory.put(container({ name: 'thief', state: 'running', ports: [binding(8006)] }))
    t.equal(await ports.reclaim(stopped, 'start'), undefined)
    t.equal(allocator.stateOf(8005, 'tcp'), 'parked')
  })
})

t.test('overview', async (t) => {
  t.test('has the fields of the first system', async (t) => {
    const { ports, inventory } = setUp()
    inventory.put(container({ ports: [binding(8002), binding(8003, 53, 'udp')] }))
    const [lease] = await ports.lease([any], 'request')
    t.equal(lease?.port, 8001)
    t.match(await ports.overview(ANYBODY), { used_ports: [8001, 8002], available_range: '8001-8009', total_ports: 9 })
  })

  t.test('names the holder and the reason of every port that is not free', async (t) => {
    const { ports, inventory } = setUp({ reserved: new Map([[8009, 'the API itself']]) })
    inventory.put(container({ name: 'mine', labels: { 'io.berth.managed': 'true' }, ports: [binding(8002)] }))
    inventory.put(container({ name: 'theirs', state: 'exited', ports: [binding(8003, 53, 'udp')] }))
    const overview = await ports.overview(ANYBODY)
    t.strictSame(overview.ports, [
      {
        port: 8002,
        protocol: 'tcp',
        state: 'bound',
        holder: { id: idOf('mine').slice(0, 12), name: 'mine', managed: true },
        reason: null
      },
      { port: 8009, protocol: 'tcp', state: 'reserved', holder: null, reason: 'the API itself' },
      {
        port: 8003,
        protocol: 'udp',
        state: 'parked',
        holder: { id: idOf('theirs').slice(0, 12), name: 'theirs', managed: false },
        reason: null
      },
      { port: 8009, protocol: 'udp', state: 'reserved', holder: null, reason: 'the API itself' }
    ])
    t.match(overview.counts, { free: 7, bound: 1, parked: 0, reserved: 1 })
    t.match(overview.udp_counts, { free: 7, bound: 0, parked: 1, reserved: 1 })
  })

  t.test('shows a foreign listener, but only if it was seen recently', async (t) => {
    const { ports, inventory, listening, clock } = setUp()
    inventory.put(container({ ports: [binding(8001)] }))
    listening.tcp.add(8001).add(8005).add(80)
    t.match((await ports.overview(ANYBODY)).ports, [
      { port: 8001, state: 'bound' },
      { port: 8005, state: 'blocked', reason: 'another process listens on it', holder: null }
    ])
    listening.tcp.delete(8005)
    clock.now = 20_000
    t.match((await ports.overview(ANYBODY)).counts, { blocked: 0, free: 8 })
  })
})

t.test('counts and range', async (t) => {
  const { ports } = setUp()
  t.ok(ports.has(8001))
  t.notOk(ports.has(80))
  t.match(ports.counts('udp'), { free: 9 })
})
