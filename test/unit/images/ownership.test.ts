import t from 'tap'
import { createImageOwnership } from '../../../src/images/ownership.ts'
import { openStore } from '../../../src/store/sqlite/open.ts'
import { image } from '../../helpers/records.ts'
import { callerWith } from '../../helpers/tokens.ts'

const HOUR_MS = 3_600_000

t.test('a claimed name without an image is free after a day, one with an image is not', async (t) => {
  let time = 0
  const here = new Set<string>()
  const ownership = createImageOwnership({
    table: openStore(':memory:').imageNames,
    engine: { listImages: async () => [] },
    read: async (reference) => (here.has(reference) ? image({ tags: [reference] }) : undefined),
    containers: () => [],
    usersOf: () => [],
    defaultImage: 'base:1',
    now: () => time
  })
  const [one, two] = ['one', 'two'].map((tokenId) => callerWith({ tokenId, name: tokenId }))
  if (!one || !two) throw new Error('no callers')
  for (const name of ['built:1', 'lost:1']) await ownership.take(one, name)
  here.add('built:1')
  time = 23 * HOUR_MS
  await t.rejects(ownership.take(two, 'lost:1'), { code: 'FORBIDDEN' })
  time = 25 * HOUR_MS
  await t.resolves(ownership.take(two, 'lost:1'))
  await t.rejects(ownership.take(one, 'lost:1'), { code: 'FORBIDDEN', message: /belongs to another token/ })
  await t.rejects(ownership.take(two, 'built:1'), { code: 'FORBIDDEN' })
  await t.resolves(ownership.take(one, 'built:1'))
})
