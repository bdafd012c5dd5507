// The policy decides which runtime runs a container, and a request may choose among the runtimes it allows.

import t from 'tap'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'

t.test('a container runs with the runtime of the policy', async (t) => {
  const runtimes = [{ runtime: 'runc', tokens: ['containers-write'] }, { runtime: 'runsc' }]
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const { post, ask } = await build(t, { store, policy: { runtimes }, early: true })
  const make = (body: object, scope: keyof typeof secrets = 'admin') =>
    post('/containers', body, bearer(secrets[scope]))
  t.match((await make({ name: 'walled' })).json(), { runtime: 'runsc' })
  t.match((await make({ name: 'known' }, 'containers:write')).json(), { runtime: 'runc' })
  t.match((await make({ name: 'asked', runtime: 'runsc' }, 'containers:write')).json(), { runtime: 'runsc' })
  const refused = problem(t, await make({ name: 'free', runtime: 'runc' }), 403, 'POLICY_REFUSED')
  t.match(refused.errors, [{ field: 'runtime' }])
  const info = await ask('GET', '/system/info', { headers: bearer(secrets.admin) })
  t.strictSame(info.json().engine.runtimes, ['runc', 'runsc'])
})

t.test('a new image brings the runtime of its policy rule', async (t) => {
  const engine = createMemoryEngine({ images: ['base-api-server:latest', 'strange/app:1'] })
  const { post, ask } = await build(t, {
    engine,
    policy: { runtimes: [{ runtime: 'runsc', images: ['strange/*'] }] }
  })
  t.match((await post('/containers', { name: 'web' })).json(), { runtime: 'runc' })
  const changed = await ask('PATCH', '/containers/web', { payload: { image: 'strange/app:1' } })
  t.match(changed.json(), { runtime: 'runsc', image: 'strange/app:1' })
  const again = await ask('PATCH', '/containers/web', { payload: { env: { A: '1' } } })
  t.match(again.json(), { runtime: 'runsc' }, 'it stays')
})

t.test("a new image does not keep the runtime of the former image's rule", async (t) => {
  const engine = createMemoryEngine({ images: ['base-api-server:latest', 'trusted/app:1'] })
  const { post, ask } = await build(t, {
    engine,
    policy: { runtimes: [{ runtime: 'runsc', images: ['trusted/*'] }] }
  })
  t.match((await post('/containers', { name: 'web', image: 'trusted/app:1' })).json(), { runtime: 'runsc' })
  const changed = await ask('PATCH', '/containers/web', { payload: { image: 'base-api-server:latest' } })
  t.match(changed.json(), { runtime: 'runc' }, "the engine's default")
})

t.test('a runtime that the engine lacks', async (t) => {
  const { post, engine } = await build(t, { policy: { runtimes: [{ runtime: 'kata' }] } })
  problem(t, await post('/containers', { name: 'web' }), 422, 'RUNTIME_UNAVAILABLE')
  t.strictSame(engine.records(), [], 'nothing is left')
})
