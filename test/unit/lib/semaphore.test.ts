import t from 'tap'
import { createSemaphore } from '../../../src/lib/semaphore.ts'

/** Tasks that run until they are told to end. */
function tasks() {
  const started: string[] = []
  const running = new Map<string, PromiseWithResolvers<void>>()
  const task = (name: string) => async () => {
    started.push(name)
    const end = Promise.withResolvers<void>()
    running.set(name, end)
    await end.promise.finally(() => running.delete(name))
    return name
  }
  return { started, running, task }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('runs no more tasks than the limit, and the others in their order', async (t) => {
  const withPermit = createSemaphore(2)
  const { started, running, task } = tasks()
  const all = ['a', 'b', 'c', 'd'].map((name) => withPermit(task(name)))

  await turn()
  t.strictSame(started, ['a', 'b'])
  running.get('b')?.resolve()
  await turn()
  t.strictSame(started, ['a', 'b', 'c'])
  t.equal(running.size, 2)
  running.get('a')?.resolve()
  await turn()
  t.strictSame(started, ['a', 'b', 'c', 'd'])
  for (const end of running.values()) end.resolve()
  t.strictSame(await Promise.all(all), ['a', 'b', 'c', 'd'])
})

t.test('a failed task gives its place to the next', async (t) => {
  const withPermit = createSemaphore(1)
  const { started, running, task } = tasks()
  const first = withPermit(task('first'))
  const second = withPermit(task('second'))

  running.get('first')?.reject(new Error('failed'))
  await t.rejects(first, { message: 'failed' })
  await turn()
  t.strictSame(started, ['first', 'second'])
  running.get('second')?.resolve()
  await second
})

t.test('a free slot goes to the longest waiter, not to a newcomer', async (t) => {
  const withPermit = createSemaphore(1)
  const { started, running, task } = tasks()
  const first = withPermit(task('first'))
  const waiting = withPermit(task('waiting'))
  running.get('first')?.resolve()
  await first
  const late = withPermit(task('late'))
  await turn()
  t.strictSame(started, ['first', 'waiting'])
  running.get('waiting')?.resolve()
  await waiting
  await turn()
  running.get('late')?.resolve()
  await late
})

t.test('refuses only refusable tasks when too many wait', async (t) => {
  const withPermit = createSemaphore(1, 2)
  const { started, running, task } = tasks()
  const full = { refusal: () => new Error('full') }
  const all = [withPermit(task('a'), full), withPermit(task('b'), full), withPermit(task('c'), full)]
  await t.rejects(withPermit(task('d'), full), { message: 'full' })
  all.push(withPermit(task('e')))
  for (const name of ['a', 'b', 'c', 'e']) {
    await turn()
    running.get(name)?.resolve()
  }
  t.strictSame(await Promise.all(all), ['a', 'b', 'c', 'e'])
  t.strictSame(started, ['a', 'b', 'c', 'e'])
})

t.test('a cancelled task leaves the queue at once and delays no other', async (t) => {
  const withPermit = createSemaphore(1, 2)
  const { started, running, task } = tasks()
  const cancelled = new AbortController()
  const { signal } = cancelled
  const full = { refusal: () => new Error('full'), signal }
  const first = withPermit(task('first'), { signal })
  const left = [withPermit(task('a'), full), withPermit(task('b'), full)]
  const last = withPermit(task('last'))
  cancelled.abort(new Error('gone'))
  for (const gone of left) await t.rejects(gone, { message: 'gone' })
  await t.rejects(withPermit(task('late'), { signal }), { message: 'gone' })
  const refusable = withPermit(task('next'), { refusal: () => new Error('full') })
  for (const name of ['first', 'last', 'next']) {
    await turn()
    running.get(name)?.resolve()
  }
  t.strictSame(await Promise.all([first, last, refusable]), ['first', 'last', 'next'])
  t.strictSame(started, ['first', 'last', 'next'], 'the running task continued')
})

t.test('callers take turns, regardless of their queue lengths', async (t) => {
  const withPermit = createSemaphore(1)
  const { started, running, task } = tasks()
  const of = (whose: string, name: string) => withPermit(task(name), { whose })
  const all = [of('flood', 'f0'), of('flood', 'f1'), of('flood', 'f2'), of('flood', 'f3'), of('a', 'a1'), of('b', 'b1')]
  for (let count = 0; count < all.length; count++) {
    await turn()
    for (const end of running.values()) end.resolve()
  }
  await Promise.all(all)
  t.strictSame(started, ['f0', 'f1', 'a1', 'b1', 'f2', 'f3'])
})

t.test('a queue that one caller has filled refuses that caller only', async (t) => {
  const withPermit = createSemaphore(1, 4)
  const { started, running, task } = tasks()
  const ask = (whose: string, name: string) => withPermit(task(name), { whose, refusal: () => new Error('full') })
  const all = ['f0', 'f1', 'f2', 'f3', 'f4'].map((name) => ask('flood', name))
  await t.rejects(ask('flood', 'f5'), { message: 'full' })
  all.push(ask('a', 'a1'), ask('a', 'a2'))
  await t.rejects(ask('a', 'a3'), { message: 'full' })
  for (let count = 0; count < all.length; count++) {
    await turn()
    for (const end of running.values()) end.resolve()
  }
  await Promise.all(all)
  t.equal(started.length, 7)
})

t.test('reports how many tasks run and how many wait', async (t) => {
  const inTurn = createSemaphore(1)
  const held = Promise.withResolvers<void>()
  const both = [inTurn(() => held.promise), inTurn(async () => {})]
  t.strictSame(inTurn.load(), { running: 1, waiting: 1 })
  held.resolve()
  await Promise.all(both)
  t.strictSame(inTurn.load(), { running: 0, waiting: 0 })
})
