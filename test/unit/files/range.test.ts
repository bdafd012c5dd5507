import t from 'tap'
import { rangeFrom, readRange, sliceOf } from '../../../src/files/range.ts'

t.test('ranges of ten bytes', async (t) => {
  for (const [header, expected] of [
    [undefined, undefined],
    ['bytes=0-3', [0, 3]],
    ['bytes=4-', [4, 9]],
    ['bytes=-3', [7, 9]],
    ['bytes=-30', [0, 9]],
    ['bytes=8-30', [8, 9]],
    ['bytes=5-3', undefined],
    ['bytes=-', undefined],
    ['bytes=0-1,3-4', undefined],
    ['lines=0-1', undefined]
  ] as const) {
    const range = readRange(header, 10)
    t.strictSame(range && [range.first, range.last], expected, header ?? 'none')
  }
  for (const header of ['bytes=10-', 'bytes=-0'])
    t.throws(() => readRange(header, 10), { code: 'RANGE_NOT_SATISFIABLE', facts: { size: 10 } }, header)
})

t.test('an offset and a length', async (t) => {
  t.strictSame(rangeFrom(0, undefined, 10), { first: 0, last: 9 })
  t.strictSame(rangeFrom(4, 3, 10), { first: 4, last: 6 })
  t.strictSame(rangeFrom(8, 30, 10), { first: 8, last: 9 })
  t.throws(() => rangeFrom(11, 1, 10), { code: 'RANGE_NOT_SATISFIABLE' })
})

t.test('a slice is the same however the content is split, and ends with its last byte', async (t) => {
  const all = Buffer.from('0123456789')
  for (const size of [1, 3, 10, 20])
    for (const [first, last, expected] of [
      [0, 9, '0123456789'],
      [2, 2, '2'],
      [3, 7, '34567'],
      [9, 9, '9'],
      [0, -1, '']
    ] as const) {
      let read = 0
      async function* content() {
        for (let at = 0; at < all.length; at += size) {
          read = Math.min(at + size, all.length)
          yield all.subarray(at, at + size)
        }
      }
      t.equal(Buffer.concat(await Array.fromAsync(sliceOf(content(), { first, last }))).toString(), expected)
      t.ok(read <= Math.max(1, Math.ceil((last + 1) / size)) * size, 'nothing is read past it')
    }
})
