// A start on a database that accepts connections and stays silent.

import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { pino } from 'pino'
import t from 'tap'
import { openStore } from '../../../src/store/postgres/open.ts'

t.test('a database that accepts connections and stays silent ends the start', async (t) => {
  const sockets: Socket[] = []
  const listener = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  })
  const { port } = listener.address() as AddressInfo
  const url = `postgresql://berth@127.0.0.1:${port}/berth`
  const opening = openStore({ url, dataDir: t.testdir({}), log: pino({ level: 'silent' }), waitMs: 0 })
  await t.rejects(opening, { message: /^The database of BERTH_DATABASE_URL cannot be used: .*timeout/ })
  t.ok(sockets.length > 0, 'it was reached')
})
