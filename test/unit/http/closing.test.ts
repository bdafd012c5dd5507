import { Agent, get, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { registerClosing } from '../../../src/http/closing.ts'

t.test('a request that is answered while the server stops does not delay the stop', async (t) => {
  const app = Fastify({ forceCloseConnections: 'idle' })
  registerClosing(app)
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<string>()
  app.get('/slow', () => {
    asked.resolve()
    return answer.promise
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const { port } = app.server.address() as AddressInfo
  const call = get({ host: '127.0.0.1', port, path: '/slow', agent })
  await asked.promise

  const start = performance.now()
  const closed = app.close()
  setImmediate(() => answer.resolve('done'))
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  t.equal(response.headers.connection, 'close')
  t.equal(Buffer.concat(await response.toArray()).toString(), 'done')
  await closed
  t.ok(performance.now() - start < 8_000, `it took ${Math.round(performance.now() - start)} ms`)
})
