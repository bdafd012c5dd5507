import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createSeal, KEY_BYTES } from '../../../src/lib/seal.ts'

const seal = createSeal(randomBytes(KEY_BYTES))

t.test('a sealed value opens unchanged', (t) => {
  for (const value of [{ A: '1', B: { C: ['ä漢🐳'] } }, '', null, 0, [], 'x'.repeat(100_000)])
    t.same(seal.open(seal.seal(value)), value)
  t.end()
})

t.test('a sealed value is unreadable, and equal values never look the same', (t) => {
  const canary = 'canary-7f3a'
  const [one, other] = [seal.seal({ canary }), seal.seal({ canary })].map((sealed) => Buffer.from(sealed))
  t.notOk(one?.includes(canary) || one?.includes('canary'))
  t.notSame(one, other)
  t.end()
})

t.test('a value does not open with another key or one changed bit', (t) => {
  const sealed = seal.seal({ secret: 1 })
  t.throws(() => createSeal(randomBytes(KEY_BYTES)).open(sealed))
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    t.throws(() => seal.open(changed))
  }
  t.throws(() => seal.open(sealed.subarray(0, 20)))
  t.throws(() => seal.open(new Uint8Array()))
  t.end()
})
