// An engine on another machine: its containers share the memory and the ports of that machine, not of this one.

import t from 'tap'
import type { ContainerStats } from '../../src/stats/schemas.ts'
import { build } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { MACHINE } from '../helpers/memory-engine/system.ts'

const ELSEWHERE = { kernel: '5.10', memoryBytes: 1e9 }
const listeners = { isTaken: async () => true, listening: async () => new Set([8001, 8002]) }

t.test('a container without a memory limit may use all memory of its machine', async (t) => {
  const engine = createMemoryEngine()
  engine.add({
    name: 'unlimited',
    limits: { memoryBytes: null, cpus: null, pids: null, nofile: null, storageBytes: null, ioWeight: null }
  })
  const { get } = await build(t, { engine, here: ELSEWHERE })
  const { memory_bytes: bytes, memory_percent: percent } = (
    await get('/containers/unlimited/stats')
  ).json<ContainerStats>()
  t.equal(bytes, 45e6)
  t.equal(percent, 0.56, '45 MB of 8 GB')
})

t.test('a listener on this machine does not block a port of another machine', async (t) => {
  const { make, get } = await build(t, { here: ELSEWHERE, listeners })
  t.match(await make(), { ports: { '5000/tcp': '127.0.0.1:8001' } })
  t.match((await get('/ports')).json(), { counts: { blocked: 0, bound: 1 } })
})

t.test("a listener on the engine's machine does", async (t) => {
  const { post, get } = await build(t, { here: MACHINE, listeners, env: { BERTH_PORT_RANGE: '8001-8002' } })
  t.match((await post('/containers', {})).json(), { code: 'PORT_RANGE_EXHAUSTED' })
  t.match((await get('/ports')).json(), { counts: { blocked: 2 } })
})
