// The server with an engine in memory as a separate process, so that a test with many sockets does not slow it.

import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { build } from './build.ts'
import { createMemoryEngine } from './memory-engine.ts'

const CONTAINERS = 30
const FORGOTTEN = { teardown() {} } as unknown as Test

const engine = createMemoryEngine()
for (let n = 0; n < CONTAINERS; n++) engine.add({ name: `c${n}` })
const { app } = await build(FORGOTTEN, { engine, env: { BERTH_PORT_RANGE: '8001-8999' } })
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.((app.server.address() as AddressInfo).port)
