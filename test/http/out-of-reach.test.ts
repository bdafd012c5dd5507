// An unreachable server in a container says so in its log.

import { pino } from 'pino'
import t from 'tap'
import { build } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'

async function warnings(t: Parameters<typeof build>[0], hostNetwork: boolean, env: Record<string, string> = {}) {
  const engine = createMemoryEngine()
  engine.add({ name: 'other' })
  const { id } = engine.add({ name: 'berth', hostNetwork })
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
  await build(t, { engine, ownId: id, logger, env })
  return lines.filter((line) => line.includes('loopback inside a container'))
}

t.test('loopback of a container with a network of its own is out of reach', async (t) => {
  t.equal((await warnings(t, false)).length, 1)
  t.strictSame(await warnings(t, true), [], 'in the network of the host it is reachable')
  t.strictSame(await warnings(t, false, { BERTH_SOCKET: '/run/berth.sock' }), [])
})
