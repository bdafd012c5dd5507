import { test } from 'tap'
import fc from 'fast-check'
import { glob } from '../../../src/lib/glob.ts'

test('glob', async (t) => {
  const cases: [pattern: string, text: string, crossing: boolean, fits: boolean][] = [
    ['', '', false, true],
    ['', 'a', false, false],
    ['web', 'web', false, true],
    ['web', 'web2', false, false],
    ['*', '', false, true],
    ['*', 'a/b', false, false],
    ['*', 'a/b', true, true],
    ['**', 'a/b', false, true],
    ['a*c', 'abbc', false, true],
    ['a*b', 'ab_b', false, true],
    ['a*b*c', 'a/b/c', false, false],
    ['a**c*', 'a/b/cd', false, true],
    ['**/x*z', 'a/xz/xyz', false, true],
    ['**/x*z', 'a/xyz/b', false, false],
    ['[a-z]+.', '[a-z]+.', false, true],
    ['a.c', 'abc', false, false]
  ]
  for (const [pattern, text, crossing, fits] of cases) {
    t.equal(glob(pattern, { crossing })(text), fits, `${pattern} on ${text}${crossing ? ', crossing' : ''}`)
  }
})

test('glob agrees with a regular expression', async () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 })
  const pieces = fc.array(fc.constantFrom('a', 'b', '/', '*', '**'), { maxLength: 7 })
  fc.assert(
    fc.property(letters, pieces, fc.boolean(), (text, parts, crossing) => {
      const pattern = parts.join('')
      const star = crossing ? '.*' : '[^/]*'
      const source = pattern.replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '.*' : star))
      return glob(pattern, { crossing })(text) === new RegExp(`^${source}$`).test(text)
    }),
    { numRuns: 20_000 }
  )
})

test('glob ends soon, whatever the pattern', async (t) => {
  const text = 'registry.example/'.repeat(30)
  const began = performance.now()
  for (const pattern of [
    '*'.repeat(400) + '!',
    '*a'.repeat(256) + '!',
    '**e*'.repeat(128) + '!',
    'e**'.repeat(170) + '!'
  ]) {
    t.notOk(glob(pattern)(text))
    t.notOk(glob(pattern, { crossing: true })(text))
  }
  t.ok(performance.now() - began < 500)
})
