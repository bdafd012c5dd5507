import t from 'tap'
import { isAppError } from '../../../src/errors.ts'
import { createAllocator } from '../../../src/ports/allocator.ts'

function refusal(task: () => unknown) {
  try {
    task()
  } catch (error) {
    if (isAppError(error)) return { code: error.code, message: error.message, facts: error.facts, fields: error.fields }
    throw error
  }
  return undefined
}

const tcp = (port: number) => ({ port, protocol: 'tcp' as const })

t.test('TCP and UDP have the whole range each', async (t) => {
  const allocator = createAllocator({ range: { first: 8001, last: 8001 } })
  t.equal(allocator.lease('tcp', 'a').port, 8001)
  t.equal(allocator.lease('udp', 'a').port, 8001)
})

t.test('reserved ports are never given', async (t) => {
  const reserved = new Map([
    [8002, 'by hand'],
    [9999, 'outside of the range']
  ])
  const allocator = createAllocator({ range: { first: 8001, last: 8003 }, reserved })
  t.equal(allocator.lease('tcp', 'a').port, 8001)
  t.equal(allocator.lease('tcp', 'b').port, 8003)
  t.match(
    refusal(() => allocator.lease('tcp', 'c')),
    { code: 'PORT_RANGE_EXHAUSTED' }
  )
  t.match(
    refusal(() => allocator.leaseExactly(8002, 'tcp', 'd')),
    {
      code: 'PORT_UNAVAILABLE',
      message: /8002\/tcp is reserved \(by hand\)/
    }
  )
})

t.test('the error of a full range names the holders of the ports', async (t) => {
  const allocator = createAllocator({ range: { first: 8001, last: 8004 }, reserved: new Map([[8004, 'by hand']]) })
  allocator.lease('tcp', 'request')
  allocator.observe('running', [tcp(8002)], true)
  allocator.block(8003, 'tcp', 'taken')
  t.match(
    refusal(() => allocator.lease('tcp', 'late')),
    {
      code: 'PORT_RANGE_EXHAUSTED',
      message: /All 4 tcp ports from 8001 to 8004 are taken: 1 bound, 1 leased, 0 parked, 1 blocked, 1 reserved/,
      facts: {
        range: '8001-8004',
        protocol: 'tcp',
        counts: { free: 0, leased: 1, bound: 1, parked: 0, blocked: 1, reserved: 1 }
      }
    }
  )
})

t.test('a port requested by number', async (t) => {
  const range = { first: 8001, last: 8009 }

  t.test('is given when it is free', async (t) => {
    const allocator = createAllocator({ range })
    t.equal(allocator.leaseExactly(8005, 'tcp', 'a').port, 8005)
    t.equal(allocator.stateOf(8005, 'tcp'), 'leased')
  })

  t.test('is given although it is parked for another container', async (t) => {
    const allocator = createAllocator({ range })
    allocator.observe('stopped', [tcp(8005)], false)
    t.equal(allocator.leaseExactly(8005, 'tcp', 'a').port, 8005)
  })

  t.test('is refused if it is taken', async (t) => {
    const allocator = createAllocator({ range })
    allocator.observe('running', [tcp(8001)], true)
    allocator.lease('tcp', 'request')
    allocator.block(8003, 'tcp', 'another process listens on it')
    for (const [port, state] of [
      [8001, 'bound'],
      [8002, 'leased'],
      [8003, 'blocked']
    ] as const) {
      t.match(
        refusal(() => allocator.leaseExactly(port, 'tcp', 'a')),
        {
          code: 'PORT_UNAVAILABLE',
          facts: { port, protocol: 'tcp', state }
        }
      )
    }
  })

  t.test('is refused outside of the range, naming the field', async (t) => {
    const allocator = createAllocator({ range })
    for (const port of [8000, 8010, 80, 65535]) {
      t.match(
        refusal(() => allocator.leaseExactly(port, 'tcp', 'a')),
        {
          code: 'INVALID_REQUEST',
          fields: [{ field: 'host_port', message: /8001-8009/ }]
        }
      )
    }
  })
})

t.test('releasing a lease after its container was seen running leaves the port bound', async (t) => {
  const allocator = createAllocator({ range: { first: 8001, last: 8002 } })
  const lease = allocator.lease('tcp', 'request')
  allocator.observe('web', [tcp(lease.port)], true)
  t.equal(allocator.stateOf(lease.port, 'tcp'), 'leased')
  lease.release()
  t.equal(allocator.stateOf(lease.port, 'tcp'), 'bound')
})

t.test('a blocked lease is not given again for a minute', async (t) => {
  const clock = { now: 0 }
  const allocator = createAllocator({ range: { first: 8001, last: 8001 }, now: () => clock.now })
  allocator.lease('tcp', 'a').block('the engine found it taken')
  t.match(allocator.rows(), [{ port: 8001, state: 'blocked', reason: 'the engine found it taken' }])
  clock.now = 59_999
  t.match(
    refusal(() => allocator.lease('tcp', 'b')),
    { code: 'PORT_RANGE_EXHAUSTED' }
  )
  clock.now = 60_000
  t.equal(allocator.lease('tcp', 'c').port, 8001)
})

t.test('a container seen with other ports gives up its former ports', async (t) => {
  const allocator = createAllocator({ range: { first: 8001, last: 8009 } })
  allocator.observe('web', [tcp(8001), tcp(8002)], true)
  allocator.observe('web', [tcp(8002), { port: 8002, protocol: 'udp' }], true)
  t.strictSame(
    allocator.rows().map(({ port, protocol, state, holder }) => [port, protocol, state, holder]),
    [
      [8002, 'tcp', 'bound', 'web'],
      [8002, 'udp', 'bound', 'web']
    ]
  )
  allocator.forget('web')
  allocator.forget('web')
  t.strictSame(allocator.rows(), [])
})

t.test('ports outside of the range are ignored', async (t) => {
  const allocator = createAllocator({ range: { first: 8001, last: 8002 } })
  allocator.observe('web', [tcp(80), tcp(65535)], true)
  allocator.block(80, 'tcp', 'x')
  t.strictSame(allocator.rows(), [])
})
