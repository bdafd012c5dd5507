import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { AppError } from '../../../src/errors.ts'
import { createReader } from '../../../src/inventory/reader.ts'
import { createRecords } from '../../../src/inventory/records.ts'
import { createTopic } from '../../../src/lib/topic.ts'
import { idOf, silentLog } from '../../helpers/records.ts'

t.test('one timer retries a container, however often its read fails', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let tries = 0
  const now = () => performance.now()
  const records = createRecords(createTopic(), now)
  const inspectContainer = async () => {
    tries++
    throw new AppError('ENGINE_TIMEOUT', 'The engine took too long.')
  }
  const stopping = new AbortController().signal
  const reader = createReader({ engine: { inspectContainer }, records, stopping, log: silentLog, now })
  const pass = async (ms: number) => {
    mock.timers.tick(ms)
    await turn()
  }
  for (let look = 0; look < 3; look++) {
    await reader.lookAtAll([idOf('web')])
    await pass(100)
  }
  t.equal(tries, 3)
  // The second attempt is due after a second, and the third two seconds later.
  for (let passed = 0; passed < 2_400; passed += 50) await pass(50)
  t.equal(tries, 4)
})
