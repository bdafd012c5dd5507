import t from 'tap'
import { build } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { binding } from '../helpers/records.ts'

t.test('GET /ports', async (t) => {
  t.test('has the fields of the first system', async (t) => {
    const { get, make } = await build(t)
    await make()
    await make()
    const answer = await get('/ports')
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { used_ports: [8001, 8002], available_range: '8001-8999', total_ports: 999 })
  })

  t.test('names the holder of each port that is not free', async (t) => {
    const engine = createMemoryEngine()
    engine.add({ name: 'foreign', ports: [binding(8500, 53, 'udp')] })
    const { get, make, post } = await build(t, {
      engine,
      env: { BERTH_RESERVED_PORTS: '8003', BERTH_PORT_RANGE: '8000-8999' },
      listeners: {
        isTaken: async (port) => port === 8004,
        listening: async (protocol) => new Set(protocol === 'tcp' ? [8004, 22] : [])
      }
    })
    await make({ name: 'web' })
    await make({ name: 'stopped' })
    await post('/containers/stopped/stop')
    const { ports, counts, udp_counts: udp } = (await get('/ports')).json()
    t.match(
      ports.filter(({ protocol }: { protocol: string }) => protocol === 'tcp'),
      [
        { port: 8000, state: 'reserved', holder: null, reason: 'the API itself' },
        { port: 8001, state: 'bound', holder: { name: 'web', managed: true }, reason: null },
        { port: 8002, state: 'parked', holder: { name: 'stopped' } },
        { port: 8003, state: 'reserved', reason: /BERTH_RESERVED_PORTS/ },
        { port: 8004, state: 'blocked', holder: null, reason: 'another process listens on it' }
      ]
    )
    t.match(counts, { free: 995, leased: 0, bound: 1, parked: 1, blocked: 1, reserved: 2 })
    t.match(udp, { free: 997, bound: 1, reserved: 2 })
    t.match(ports.at(-1), { protocol: 'udp', port: 8500, holder: { name: 'foreign', managed: false } })
  })

  t.test('names the port of the next create', async (t) => {
    const { get, make } = await build(t, {
      env: { BERTH_PORT_RANGE: '8001-8003' },
      listeners: {
        isTaken: async (port) => port === 8001,
        listening: async (protocol) => new Set(protocol === 'tcp' ? [8001] : [])
      }
    })
    const { next } = (await get('/ports')).json()
    t.strictSame(next, { tcp: 8002, udp: 8001 })
    t.match(await make(), { url: `http://127.0.0.1:${next.tcp}` })
    await make()
    t.strictSame((await get('/ports')).json().next, { tcp: null, udp: 8001 })
  })
})
