import t from 'tap'
import type { BerthFacts } from '../../../src/engine/contract/facts.ts'
import { labelFilter, readFacts, writeAllFacts, writeFacts } from '../../../src/engine/labels.ts'

const ANONYMOUS = 'a1'.repeat(32)

const EVERYTHING: BerthFacts = {
  managed: true,
  instance: 'here',
  owner: 'ada',
  team: 'shop',
  shared: true,
  attempt: 'one',
  start: true,
  key: 'once',
  requestHash: 'abc',
  ttlSeconds: 60,
  image: 'app:1',
  resumesOld: true,
  replaces: ['newer', 'older'],
  anonymousVolumes: [ANONYMOUS, 'b2'.repeat(32)]
}

t.test('labels survive a round trip', async (t) => {
  t.same(readFacts(writeFacts(EVERYTHING)), EVERYTHING)
  const nothing = readFacts({})
  t.same(readFacts(writeFacts(nothing)), nothing)
  t.same(
    readFacts({ ...writeFacts(EVERYTHING), ...writeAllFacts({}) }),
    nothing,
    'and empty facts override the former ones'
  )
})

t.test('unknown facts are not written', async (t) => {
  t.same(writeFacts({ managed: true, owner: null, anonymousVolumes: [] }), { 'io.berth.managed': 'true' })
})

t.test('lists are filtered by the written label', async (t) => {
  const [[name, value] = []] = Object.entries(writeFacts({ attempt: 'one' }))
  t.equal(labelFilter('attempt', 'one'), `${name}=${value}`)
})

t.test('an image cannot claim named volumes', async (t) => {
  const labels = { 'io.berth.anonymous-volumes': `database,../containers/web,${ANONYMOUS}` }
  t.same(readFacts(labels).anonymousVolumes, [ANONYMOUS])
})

t.test('an invalid lifetime counts as none', async (t) => {
  for (const ttl of ['', '0', '-5', 'soon']) t.equal(readFacts({ 'io.berth.ttl-seconds': ttl }).ttlSeconds, null, ttl)
})
