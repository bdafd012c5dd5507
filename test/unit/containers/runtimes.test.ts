import t from 'tap'
import { createPolicy } from '../../../src/access/policy.ts'
import { warnOfMissingRuntimes } from '../../../src/containers/runtimes.ts'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { until } from '../../helpers/until.ts'

t.test('the log warns of a runtime that the engine lacks, whenever the engine is found', async (t) => {
  const engine = createMemoryEngine()
  const policy = createPolicy({ runtimes: [{ runtime: 'runc' }, { runtime: 'kata' }] })
  const said: object[] = []
  warnOfMissingRuntimes({ engine, policy, log: { warn: (fields) => said.push(fields) } })
  await until(() => said.length === 1)
  t.match(said, [{ missing: ['kata'] }], 'it was there before')
  engine.goAway()
  engine.comeBack()
  await until(() => said.length === 2)
  t.match(said[1], { missing: ['kata'] })
})
