import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { createChannel, type Missed } from '../../../src/lib/channel.ts'

type Item = { n: number }
type Reading = AsyncIterator<Item | Missed>

const turn = () => new Promise((resolve) => setImmediate(resolve))

function open(capacity = 4) {
  const channel = createChannel<Item>(capacity)
  const end = new AbortController()
  const push = (from: number, to = from) => {
    for (let n = from; n <= to; n++) channel.push({ n })
  }
  const subscribe = () => channel.subscribe(end.signal)[Symbol.asyncIterator]()
  return { channel, end, push, subscribe }
}

async function read(reader: Reading, count: number): Promise<unknown[]> {
  const items: unknown[] = []
  while (items.length < count) items.push((await reader.next()).value)
  return items
}

t.test('a reader gets items pushed after its subscription, in order', async (t) => {
  const { push, subscribe } = open()
  push(1)
  const reader = subscribe()
  push(2, 3)
  t.strictSame(await read(reader, 2), [{ n: 2 }, { n: 3 }], 'even before its first read')
  const next = reader.next()
  push(4)
  t.strictSame((await next).value, { n: 4 }, 'and while it waits')
})

t.test('a reader that keeps up loses nothing', async (t) => {
  const { end, push, subscribe } = open(1)
  const reader = subscribe()
  const got: unknown[] = []
  const reading = (async () => {
    for (let step = await reader.next(); !step.done; step = await reader.next()) got.push(step.value)
  })()
  for (let n = 1; n <= 1_000; n++) {
    push(n)
    await turn()
  }
  end.abort()
  await reading
  t.strictSame(
    got,
    Array.from({ length: 1_000 }, (_, index) => ({ n: index + 1 }))
  )
})

t.test('a slow reader gets the number of missed items, then new ones', async (t) => {
  const { push, subscribe } = open(4)
  const reader = subscribe()
  push(1, 4)
  t.strictSame(await read(reader, 1), [{ n: 1 }], 'nothing is lost as long as the items fit')
  push(5, 11)
  const found = await read(reader, 3)
  t.strictSame(found, [{ missed: 8 }, { n: 10 }, { n: 11 }], 'read, missed and queued items add up to all')
  push(12)
  t.strictSame(await read(reader, 1), [{ n: 12 }], 'and the gap is reported once')
})

t.test('a gap is reported at once if every item was lost', async (t) => {
  const { push, subscribe } = open(1)
  const reader = subscribe()
  push(1, 100)
  t.strictSame(await read(reader, 2), [{ missed: 99 }, { n: 100 }])
})

t.test('a slow reader costs the others nothing', async (t) => {
  const { push, subscribe } = open(2)
  const slow = subscribe()
  const quick = subscribe()
  for (let n = 1; n <= 10; n++) {
    push(n)
    t.strictSame(await read(quick, 1), [{ n }])
  }
  t.match(await read(slow, 1), [{ missed: 8 }])
})

t.test('it ends when the signal aborts', async (t) => {
  for (const when of ['while it waits', 'with items in its queue', 'before it was read']) {
    const { channel, end, push, subscribe } = open()
    const reader = subscribe()
    const waiting = when === 'while it waits' ? reader.next() : undefined
    if (when === 'with items in its queue') push(1)
    await turn()
    end.abort()
    t.strictSame(await (waiting ?? reader.next()), { done: true, value: undefined }, when)
    t.notOk(channel.hasReaders, when)
    push(2)
  }
})

t.test('an already aborted signal gives nothing', async (t) => {
  const { channel, end, subscribe } = open()
  end.abort()
  const reader = subscribe()
  t.notOk(channel.hasReaders)
  t.match(await reader.next(), { done: true })
})

t.test('a reader that stops is forgotten at once', async (t) => {
  const { channel, push, end } = open()
  const source = channel.subscribe(end.signal)
  push(1, 2)
  for await (const _item of source) break
  t.notOk(channel.hasReaders)
})

t.test('a reader that listens for days holds no memory', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { end, push, subscribe } = open()
  const reader = subscribe()
  const run = async (count: number) => {
    for (let n = 0; n < count; n++) {
      const next = reader.next()
      push(n)
      await next
    }
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = await run(1_000)
  const after = await run(100_000)
  t.ok(after - before < 10_000_000, `grew by ${after - before} bytes`)
  end.abort()
})
