import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { createListeners, parseSocketTable } from '../../../src/engine/machine/listeners.ts'

// Recorded while a program listened on 8951 and 8952 and was bound to 8953 and 8954, with a client connected to 8951 and 8953.
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F77 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 288181 1 00000000e58e956e 100 0 0 10 0
   1: 0100007F:22F7 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 407509 1 0000000021e7ec80 100 0 0 10 0
   2: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 564 1 00000000e682c3d7 100 0 0 10 0
   3: 0100007F:22F7 0100007F:C79C 01 00000000:00000000 00:00000000 00000000     0        0 407515 1 0000000001f3fa1e 20 0 0 10 -1
   4: 0100007F:C79C 0100007F:22F7 01 00000000:00000000 00:00000000 00000000     0        0 407514 2 000000004c36a798 20 0 0 10 -1
`
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:22F8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 407510 1 0000000059b47d92 100 0 0 10 0
`
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
12241: 0100007F:22F9 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 407511 2 000000003981cf4e 0
13421: 0100007F:A795 0100007F:22F9 01 00000000:00000000 00:00000000 00000000     0        0 407513 2 0000000015a80876 0
`
const UDP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
12242: 00000000000000000000000000000000:22FA 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 407512 2 00000000ce5c4f30 0
`

t.test('sockets of the kernel’s tables', async (t) => {
  t.strictSame(parseSocketTable(TCP, 'tcp'), [8055, 8951, 2024], 'not the connected ones')
  t.strictSame(parseSocketTable(TCP6, 'tcp'), [8952])
  t.strictSame(parseSocketTable(UDP, 'udp'), [8953], 'not the one connected to a peer')
  t.strictSame(parseSocketTable(UDP6, 'udp'), [8954])
  t.strictSame(parseSocketTable('', 'tcp'), [])
  t.strictSame(parseSocketTable(`${TCP.split('\n')[0]}\n`, 'tcp'), [])
})

t.test('both families are read from the first process of a mounted /proc', async (t) => {
  const procDir = t.testdir({ '1': { net: { tcp: TCP, tcp6: TCP6, udp: UDP, udp6: UDP6 } } })
  const listeners = createListeners({ procDir, host: '127.0.0.1' })
  t.strictSame([...(await listeners.listening('tcp'))].sort(), [2024, 8055, 8951, 8952])
  t.strictSame([...(await listeners.listening('udp'))].sort(), [8953, 8954])
})

t.test('every listener of a table read in many pieces is found', async (t) => {
  const line = (port: number, state: string) =>
    `   0: 0100007F:${port.toString(16).toUpperCase()} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0`
  const ports = Array.from({ length: 999 }, (_, index) => 8001 + index)
  const connected = Array.from({ length: 5_000 }, (_, index) => line(40_000 + index, '06'))
  const tcp = [TCP.split('\n')[0], ...ports.map((port) => line(port, '0A')), ...connected, ''].join('\n')
  const listeners = createListeners({ procDir: t.testdir({ '1': { net: { tcp } } }), host: '127.0.0.1' })
  t.strictSame([...(await listeners.listening('tcp'))], ports)
})

t.test('the kernel itself lists listeners first', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  const listeners = createListeners({ procDir: '/proc', host: '127.0.0.1' })
  t.ok((await listeners.listening('tcp')).has(port), 'even beside a connection of its own')
  client.destroy()
  server.close()
})

t.test('unreadable files mean no listener', async (t) => {
  const listeners = createListeners({ procDir: t.testdir({}), host: '127.0.0.1' })
  t.strictSame(await listeners.listening('tcp'), new Set())
})

t.test('a kernel without IPv6 has one table', async (t) => {
  const listeners = createListeners({ procDir: t.testdir({ '1': { net: { tcp: TCP } } }), host: '127.0.0.1' })
  t.equal((await listeners.listening('tcp')).size, 3)
})

t.test("outside of the host's network a port is looked up in the tables", async (t) => {
  const procDir = t.testdir({ '1': { net: { tcp: TCP, tcp6: TCP6, udp: UDP, udp6: UDP6 } } })
  const listeners = createListeners({ procDir, host: '127.0.0.1' })
  t.equal(await listeners.isTaken(8951, 'tcp'), true)
  t.equal(await listeners.isTaken(8951, 'udp'), false)
})

t.test("in the host's network a port is tested by binding it", async (t) => {
  const listeners = createListeners({ procDir: '/proc', host: '127.0.0.1' })
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  t.equal(await listeners.isTaken(port, 'tcp'), true)
  t.equal(await listeners.isTaken(port, 'udp'), false, 'the other protocol has ports of its own')
  await new Promise((resolve) => server.close(resolve))
  t.equal(await listeners.isTaken(port, 'tcp'), false)
  t.equal(await listeners.isTaken(port, 'tcp'), false, 'the test has not kept it')

  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  t.equal(await listeners.isTaken(socket.address().port, 'udp'), true)
  socket.close()
})

t.test('an address of another machine says nothing about the port', async (t) => {
  const listeners = createListeners({ procDir: '/proc', host: '192.0.2.1' })
  t.equal(await listeners.isTaken(8951, 'tcp'), false)
  t.equal(await listeners.isTaken(8951, 'udp'), false)
})
