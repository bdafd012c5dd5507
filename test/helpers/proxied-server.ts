// A server of the test that reaches the engine through a proxy with faults. After each test it is in sync and has no containers.

import type { Test } from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import type { Health } from '../../src/system/schemas.ts'
import { untilItAgrees } from './crash.ts'
import { eventually } from './engine.ts'
import { startFaultProxy } from './fault-proxy.ts'
import type { Range } from './port-ranges.ts'
import { startServer, type CreateBody } from './server.ts'

export const CREATE = /^\/containers\/create$/
export const START = /^\/containers\/\w+\/start$/

export async function startProxiedServer(t: Test, ports: Range) {
  const proxy = await startFaultProxy(t)
  const server = await startServer(t, { ports, socket: proxy.socket, env: { BERTH_ENGINE_TIMEOUT_SECONDS: '5' } })

  const isUp = () =>
    eventually(async () => {
      const { body } = await server.get<Health>('/health')
      if (body.engine !== 'available') throw new Error('the engine is away')
    })

  t.afterEach(async () => {
    await isUp()
    await server.removeAll()
    await untilItAgrees(server)
  })

  return {
    proxy,
    server,
    isUp,
    async made(t: Test, body: CreateBody = {}): Promise<Container> {
      let answer = await server.create(body)
      // Even before a fault, a stalled machine may delay the engine beyond its timeout here.
      for (let tries = 1; tries < 3 && answer.status === 504; tries++) answer = await server.create(body)
      t.equal(answer.status, 201, answer.text)
      return answer.body
    }
  }
}
