import { setImmediate, setTimeout } from 'node:timers/promises'
import t from 'tap'
import { arriving, paceOf } from '../../../src/files/pace.ts'

const LEAST = { bytes: 4, withinMs: 50 }
const slow = { code: 'REQUEST_TIMEOUT' }

async function* pieces(count: number, pauseMs = 0) {
  for (let n = 0; n < count; n++) {
    await setTimeout(pauseMs)
    yield Buffer.from('ab')
  }
}

t.test('a slow transfer at the minimum pace is accepted', async (t) => {
  t.equal((await Array.fromAsync(arriving(pieces(8, 10), LEAST))).length, 8)
})

t.test('a sender that stops fails', async (t) => {
  async function* stopping() {
    yield Buffer.from('ab')
    await new Promise(() => {})
  }
  await t.rejects(Array.fromAsync(arriving(stopping(), LEAST)), slow)
})

t.test('a sender that trickles single bytes fails', async (t) => {
  async function* trickle() {
    for (;;) {
      await setTimeout(20)
      yield Buffer.from('a')
    }
  }
  await t.rejects(Array.fromAsync(arriving(trickle(), LEAST)), slow)
})

t.test('time spent by the receiver does not count', async (t) => {
  let count = 0
  for await (const _ of arriving(pieces(3), LEAST)) {
    count++
    await setTimeout(80)
  }
  t.equal(count, 3)
})

t.test('a receiver that stops early closes the source', async (t) => {
  let isClosed = false
  async function* source() {
    try {
      yield* pieces(8)
    } finally {
      isClosed = true
    }
  }
  for await (const _ of arriving(source(), LEAST)) break
  t.ok(isClosed)
})

t.test('a reader that takes nothing aborts the transfer', async (t) => {
  const { signal, taken } = paceOf(new AbortController().signal, LEAST)
  const reader = taken(pieces(8))
  await reader.next()
  while (!signal.aborted) await setTimeout(5)
  t.match(signal.reason, slow)
  await reader.return(undefined)
})

t.test('a client that reads or has ended aborts nothing', async (t) => {
  const { signal, taken } = paceOf(new AbortController().signal, LEAST)
  // The source may be as slow as it likes.
  t.equal((await Array.fromAsync(taken(pieces(3, 60)))).length, 3)
  await setTimeout(80)
  t.notOk(signal.aborted)
})

t.test('the signal follows that of the request', async (t) => {
  const request = new AbortController()
  const { signal } = paceOf(request.signal, LEAST)
  request.abort()
  await setImmediate()
  t.ok(signal.aborted)
})
