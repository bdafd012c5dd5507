// The owners of an Idempotency-Key: tokens, servers, and containers that Berth did not create.

import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { binding } from '../helpers/records.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'

const key = (value: string) => ({ 'idempotency-key': value })

t.test('a key belongs to its token', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const { post, engine } = await build(t, { store, early: true })
  const body = { env: { PASSWORD: 'secret' } }
  const asking = (scope: 'admin' | 'containers:write', value = 'one') => ({ ...bearer(secrets[scope]), ...key(value) })
  const [mine, theirs] = await Promise.all([
    post('/containers', body, asking('admin')),
    post('/containers', body, asking('containers:write'))
  ])
  t.strictSame([mine.statusCode, theirs.statusCode], [201, 201], mine.body)
  t.not(mine.json().id, theirs.json().id)
  const guess = await post('/containers', { env: { PASSWORD: 'guess' } }, asking('containers:write', 'two'))
  t.equal(guess.statusCode, 201)
  await post('/containers', body, asking('admin', 'three'))
  const other = await post('/containers', { env: { PASSWORD: 'guess' } }, asking('containers:write', 'three'))
  t.equal(other.statusCode, 201, 'the answer does not show how others used it')
  t.equal((await post('/containers', body, asking('admin'))).json().id, mine.json().id)
  t.equal((await post('/containers', body, asking('containers:write'))).json().id, theirs.json().id)
  t.equal(engine.records().length, 5)
})

t.test('the key of a container that Berth did not create returns IDEMPOTENCY_KEY_REUSED', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'other', ports: [binding(8001)], labels: { 'io.berth.idempotency-key': 'one' } })
  const { post } = await build(t, { engine })
  problem(t, await post('/containers', {}, key('one')), 422, 'IDEMPOTENCY_KEY_REUSED')
})

t.test('two servers that get the same key at the same time create one container', async (t) => {
  const engine = createMemoryEngine()
  const [here, there] = [await build(t, { engine }), await build(t, { engine })]
  const [first, second] = await Promise.all([
    here.post('/containers', {}, key('one')),
    there.post('/containers', {}, key('one'))
  ])
  t.ok([200, 201].includes(first.statusCode), first.body)
  t.ok([200, 201].includes(second.statusCode), second.body)
  t.equal(first.json().full_id, second.json().full_id)
  t.equal(engine.records().length, 1)
})
