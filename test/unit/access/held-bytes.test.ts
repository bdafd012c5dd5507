import t from 'tap'
import { createHeldBytes } from '../../../src/access/held-bytes.ts'

const MEBIBYTE = 1024 ** 2

t.test('held memory is counted per caller and in total', async (t) => {
  let caller = 'a'
  const hold = createHeldBytes({ whose: () => caller, all: 5 * MEBIBYTE, one: 2 * MEBIBYTE })
  const first = hold('tail')
  first.take(2 * MEBIBYTE)
  t.throws(() => first.take(1), { code: 'INVALID_REQUEST', fields: [{ field: 'tail' }] }, 'too much for one answer')
  const second = hold('tail')
  t.throws(() => second.take(1), { code: 'TOO_MANY_REQUESTS' }, 'too much for one caller')
  first.giveBack(MEBIBYTE)
  second.take(MEBIBYTE)
  caller = 'b'
  hold('tail').take(2 * MEBIBYTE)
  caller = 'c'
  const third = hold('tail')
  t.throws(() => third.take(MEBIBYTE + 1), { code: 'TOO_MANY_REQUESTS' }, 'too much for all')
  first.end()
  second.end()
  third.take(2 * MEBIBYTE)
})
