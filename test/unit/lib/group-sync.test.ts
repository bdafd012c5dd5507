import t from 'tap'
import { createGroupSync } from '../../../src/lib/group-sync.ts'

function held() {
  const ends: { resolve(): void; reject(error: Error): void }[] = []
  const sync = () => new Promise<void>((resolve, reject) => ends.push({ resolve, reject }))
  return { ends, ...createGroupSync(sync) }
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

t.test('callers that ask during a sync share the next one', async (t) => {
  const { ends, flush } = held()
  const first = flush()
  await turn()
  const later = [flush(), flush(), flush()]
  await turn()
  t.equal(ends.length, 1, 'a sync that began before the write proves nothing')
  ends[0]?.resolve()
  await first
  await turn()
  t.equal(ends.length, 2)
  ends[1]?.resolve()
  await Promise.all(later)
  await turn()
  t.equal(ends.length, 2)
})

t.test('after a failed sync no data is reported as durable', async (t) => {
  const { ends, flush, check } = held()
  t.doesNotThrow(check)
  const first = flush()
  await turn()
  ends[0]?.reject(new Error('EIO'))
  await t.rejects(first, { message: 'EIO' })
  t.throws(check, { message: /restart Berth/ })
  await t.rejects(flush(), { message: /restart Berth/, cause: { message: 'EIO' } })
  t.equal(ends.length, 1)
})
