import t from 'tap'
import { PortTable } from '../../../src/ports/port-table.ts'

function table(last = 8003) {
  const clock = { now: 0 }
  return { clock, ports: new PortTable(8001, last, () => clock.now) }
}

t.test('the state of a port follows from what is known about it', async (t) => {
  const { ports } = table()
  const steps: [what: string, change: () => void, state: string][] = [
    ['nothing is known', () => {}, 'free'],
    ['its container is stopped', () => ports.claim(8001, 'web', false), 'parked'],
    ['somebody else listens on it', () => ports.block(8001, 'taken', 1000), 'blocked'],
    ['a second container runs with it', () => ports.claim(8001, 'other', true), 'bound'],
    ['it is leased all the same', () => ports.lease(8001, 'request'), 'leased'],
    ['it is reserved', () => ports.reserve(8001, 'by hand'), 'reserved']
  ]
  for (const [what, change, state] of steps) {
    change()
    t.equal(ports.stateOf(8001), state, what)
  }
})

t.test('ports outside of the range are not assigned', async (t) => {
  const { ports } = table()
  t.notOk(ports.has(8000))
  t.ok(ports.has(8001))
  t.ok(ports.has(8003))
  t.notOk(ports.has(8004))
  t.equal(ports.stateOf(8000), 'reserved')
})

t.test('the port unused for longest comes first', async (t) => {
  const { ports } = table()
  t.equal(ports.take('a'), 8001)
  t.equal(ports.take('b'), 8002)
  ports.release(8001, 'a')
  t.equal(ports.take('c'), 8003, 'not the one just released')
  t.equal(ports.take('d'), 8001)
  t.equal(ports.take('e'), undefined)
})

t.test('a parked port is given only when no free one is left, longest parked first', async (t) => {
  const { ports } = table()
  ports.claim(8002, 'stopped first', false)
  ports.claim(8001, 'stopped second', false)
  t.strictSame(
    ['a', 'b', 'c', 'd'].map((owner) => ports.take(owner)),
    [8003, 8002, 8001, undefined]
  )
})

t.test('only the owner of a lease can release it', async (t) => {
  const { ports } = table()
  ports.take('mine')
  ports.release(8001, 'somebody else')
  t.equal(ports.stateOf(8001), 'leased')
  ports.release(8001, 'mine')
  ports.release(8001, 'mine')
  t.equal(ports.stateOf(8001), 'free')
})

t.test('a block expires', async (t) => {
  const { ports, clock } = table()
  ports.block(8001, 'short', 100)
  ports.block(8002, 'long', 1000)
  clock.now = 99
  t.equal(ports.stateOf(8001), 'blocked')
  clock.now = 100
  t.equal(ports.stateOf(8001), 'free')
  t.equal(ports.stateOf(8002), 'blocked')
  t.match(ports.counts(), { free: 2, blocked: 1 })
  clock.now = 1000
  t.strictSame(
    ['a', 'b', 'c'].map((owner) => ports.take(owner)),
    [8003, 8001, 8002],
    'and it counts as just used'
  )
})

t.test('a renewed block lasts from its renewal', async (t) => {
  const { ports, clock } = table()
  ports.block(8001, 'first', 100)
  clock.now = 50
  ports.block(8001, 'second', 100)
  clock.now = 120
  t.equal(ports.stateOf(8001), 'blocked')
  t.equal(ports.reasonOf(8001), 'second')
  clock.now = 150
  t.equal(ports.stateOf(8001), 'free')
  t.equal(ports.reasonOf(8001), undefined)
})

t.test('the holder of a port is its running container, else the last of the stopped ones', async (t) => {
  const { ports } = table()
  t.equal(ports.holderOf(8001), undefined)
  ports.claim(8001, 'old', false)
  ports.claim(8001, 'new', false)
  t.equal(ports.holderOf(8001), 'new')
  ports.claim(8001, 'old', true)
  t.equal(ports.holderOf(8001), 'old')
  ports.unclaim(8001, 'old')
  t.equal(ports.holderOf(8001), 'new')
  ports.unclaim(8001, 'new')
  t.equal(ports.holderOf(8001), undefined)
  t.equal(ports.stateOf(8001), 'free')
})

t.test('the listener on the port of a running container was that container', async (t) => {
  const { ports } = table()
  ports.claim(8001, 'web', false)
  ports.block(8001, 'another process listens on it', 15_000)
  ports.claim(8001, 'web', true)
  ports.claim(8001, 'web', false)
  t.equal(ports.stateOf(8001), 'parked')
})

t.test('every change of state is published', async (t) => {
  const changes: string[] = []
  const ports = new PortTable(
    8001,
    8001,
    () => 0,
    (port, from, to) => changes.push(`${port} ${from} ${to}`)
  )
  ports.take('request')
  ports.claim(8001, 'web', true)
  ports.release(8001, 'request')
  ports.claim(8001, 'web', false)
  ports.unclaim(8001, 'web')
  t.strictSame(changes, ['8001 free leased', '8001 leased bound', '8001 bound parked', '8001 parked free'])
})
