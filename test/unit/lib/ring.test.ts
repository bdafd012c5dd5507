import t from 'tap'
import { Ring } from '../../../src/lib/ring.ts'

const CASES: { pushed: number; kept: number[]; last: number | undefined; why: string }[] = [
  { pushed: 0, kept: [], last: undefined, why: 'empty' },
  { pushed: 1, kept: [1], last: 1, why: 'one' },
  { pushed: 2, kept: [1, 2], last: 2, why: 'not full' },
  { pushed: 3, kept: [1, 2, 3], last: 3, why: 'just full' },
  { pushed: 4, kept: [2, 3, 4], last: 4, why: 'the oldest goes' },
  { pushed: 6, kept: [4, 5, 6], last: 6, why: 'once around' },
  { pushed: 11, kept: [9, 10, 11], last: 11, why: 'many times around' }
]

for (const { pushed, kept, last, why } of CASES) {
  t.test(`three places, ${pushed} items: ${why}`, async (t) => {
    const ring = new Ring<number>(3)
    for (let item = 1; item <= pushed; item++) ring.push(item)
    t.strictSame([...ring], kept)
    t.equal(ring.last, last)
  })
}

t.test('a push during a read does not disturb it', async (t) => {
  const ring = new Ring<number>(3)
  for (const item of [1, 2, 3, 4]) ring.push(item)
  const seen: number[] = []
  for (const item of ring) {
    seen.push(item)
    if (seen.length === 1) ring.push(5)
  }
  t.notOk(new Set(seen).size < seen.length, 'nothing twice')
  t.strictSame([...ring], [3, 4, 5])
})

t.test('a ring of one', async (t) => {
  const ring = new Ring<string>(1)
  ring.push('a')
  ring.push('b')
  t.strictSame([...ring], ['b'])
  t.equal(ring.last, 'b')
})
