// The engine of the tests must fulfil the contract, or their results would be true only of this engine.

import t from 'tap'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { engineContract } from './contract.ts'

const engine = createMemoryEngine()
let port = 9_000

await engineContract(t, {
  engine,
  image: 'base-api-server:latest',
  label: { name: 'berth.test', value: 'memory' },
  pause: async (id) => engine.change(id, 'pause', { state: 'paused' }),
  write: async (id, text) => void engine.write(id, text),
  port: () => ++port
})
