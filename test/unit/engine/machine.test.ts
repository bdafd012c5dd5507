import t from 'tap'
import { createMachine } from '../../../src/engine/machine/machine.ts'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { MACHINE } from '../../helpers/memory-engine/system.ts'

const listeners = { isTaken: async () => true, listening: async () => new Set([8001]) }
const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('this machine is recognized by its kernel and its memory', async (t) => {
  const table: [why: string, here: typeof MACHINE, isTaken: boolean][] = [
    ['the same', MACHINE, true],
    ['another kernel', { ...MACHINE, kernel: '6.1' }, false],
    ['other memory', { ...MACHINE, memoryBytes: 4e9 }, false]
  ]
  for (const [why, here, isTaken] of table) {
    const machine = createMachine({ engine: createMemoryEngine(), listeners, here })
    t.equal(await machine.isTaken(8001, 'tcp'), isTaken, why)
    t.equal((await machine.listening('tcp')).size, isTaken ? 1 : 0, why)
  }
})

t.test('the engine is asked once, and again after it has come back', async (t) => {
  const engine = createMemoryEngine()
  const asked = () => engine.calls.filter(({ name }) => name === 'info').length
  const machine = createMachine({ engine, listeners, here: MACHINE })
  t.equal(machine.memoryBytes(), undefined, 'nothing is known yet')
  await turn()
  t.equal(machine.memoryBytes(), 8e9)
  await machine.isTaken(8001, 'tcp')
  t.equal(asked(), 1)

  engine.goAway()
  t.equal(machine.memoryBytes(), 8e9, 'what is known stays known')
  t.equal(await machine.isTaken(8001, 'tcp'), true, 'an engine that does not answer counts as local')
  engine.comeBack()
  await machine.listening('tcp')
  t.equal(asked(), 3)
})
