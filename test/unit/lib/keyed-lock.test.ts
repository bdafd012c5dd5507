import t from 'tap'
import { createKeyedLock } from '../../../src/lib/keyed-lock.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('tasks of a key run one after the other', async (t) => {
  const locked = createKeyedLock()
  const log: string[] = []
  const task = (name: string) => async () => {
    log.push(`${name} starts`)
    await turn()
    log.push(`${name} ends`)
    return name
  }
  t.strictSame(await Promise.all([locked('k', task('a')), locked('k', task('b')), locked('k', task('c'))]), [
    'a',
    'b',
    'c'
  ])
  t.strictSame(log, ['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends'])
})

t.test('different keys do not wait for each other', async (t) => {
  const locked = createKeyedLock()
  const stuck = Promise.withResolvers<void>()
  const waiting = locked('one', () => stuck.promise)
  t.equal(await locked('two', async () => 'through'), 'through')
  stuck.resolve()
  await waiting
})

t.test('a failed task fails for its caller only', async (t) => {
  const locked = createKeyedLock()
  const failing = locked('k', async () => {
    throw new Error('failed')
  })
  const next = locked('k', async () => 'fine')
  await t.rejects(failing, { message: 'failed' })
  t.equal(await next, 'fine')
})

t.test('a task that arrives while the last one of its key runs still waits', async (t) => {
  const locked = createKeyedLock()
  const log: string[] = []
  const first = locked('k', async () => void log.push('first'))
  await first
  const gate = Promise.withResolvers<void>()
  const second = locked('k', () => gate.promise.then(() => void log.push('second')))
  const third = locked('k', async () => void log.push('third'))
  await turn()
  t.strictSame(log, ['first'])
  gate.resolve()
  await Promise.all([second, third])
  t.strictSame(log, ['first', 'second', 'third'])
})

t.test('a cancelled task leaves the queue at once', async (t) => {
  const locked = createKeyedLock()
  const gate = Promise.withResolvers<void>()
  const first = locked('k', () => gate.promise)
  const left = new AbortController()
  let begun = 0
  const gone = Array.from({ length: 250 }, () => locked('k', async () => begun++, { signal: left.signal }))
  const last = locked('k', async () => 'last')
  left.abort(new Error('gone'))
  for (const each of gone) await t.rejects(each, { message: 'gone' })
  gate.resolve()
  await first
  t.equal(await last, 'last')
  t.equal(begun, 0)
})

t.test('an urgent task goes first, and notifies the running one', async (t) => {
  const locked = createKeyedLock()
  const log: string[] = []
  const waits = (hurry: AbortSignal) =>
    new Promise<void>((_resolve, reject) => hurry.addEventListener('abort', () => reject(hurry.reason as Error)))
  const first = locked('k', waits)
  const second = locked('k', async (hurry) => void log.push(`second ${hurry.aborted}`))
  const urgent = locked('k', async () => void log.push('urgent'), { urgent: () => new Error('make room') })
  await t.rejects(first, { message: 'make room' })
  await Promise.all([urgent, second])
  t.strictSame(log, ['urgent', 'second false'])
})
