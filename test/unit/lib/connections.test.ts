import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import { createConnections } from '../../../src/lib/connections.ts'

let ports = 1
/** A connection from that address, with the fields that are read. */
function from(remoteAddress: string) {
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress,
    remotePort: ports++,
    destroyed: false,
    destroy() {
      socket.destroyed = true
      socket.emit('close')
    }
  })
  return socket as unknown as Socket
}

t.test('the host with the most idle connections loses one', async (t) => {
  const { add, size } = createConnections(5)
  const flood = Array.from({ length: 4 }, () => from('10.0.0.1'))
  const other = from('10.0.0.2')
  for (const socket of [...flood, other]) t.ok(add(socket))
  for (let count = 0; count < 100; count++) t.ok(add(from('10.0.0.1')), 'also for itself')
  t.equal(other.destroyed, false)
  t.ok(flood.every(({ destroyed }) => destroyed))
  t.equal(size(), 5)
})

t.test('a connection that carries a call is idle again afterwards', async (t) => {
  const { add, hold } = createConnections(2)
  const [first, second] = [from('10.0.0.1'), from('10.0.0.1')]
  add(first)
  add(second)
  const release = hold(first)
  add(from('10.0.0.2'))
  t.same([first.destroyed, second.destroyed], [false, true])
  release()
  add(from('10.0.0.3'))
  add(from('10.0.0.4'))
  t.ok(first.destroyed)
})

t.test('the host with the most held connections loses one only to another host', async (t) => {
  const { add, hold } = createConnections(3)
  const held = Array.from({ length: 3 }, () => from('10.0.0.1'))
  for (const socket of held) {
    add(socket)
    hold(socket)
  }
  t.notOk(add(from('10.0.0.1')))
  const other = from('10.0.0.2')
  t.ok(add(other))
  t.same(
    held.map(({ destroyed }) => destroyed),
    [true, false, false]
  )
  t.ok(add(from('10.0.0.3')), 'a silent newcomer takes the place of a silent connection')
  t.ok(other.destroyed)
})

t.test('a connection that ends is not counted', async (t) => {
  const { add, hold, size } = createConnections(2)
  const socket = from('10.0.0.1')
  add(socket)
  const release = hold(socket)
  socket.destroy()
  release()
  t.equal(size(), 0)
})
