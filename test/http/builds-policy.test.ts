// The policy is read at the start, so a build may run under another policy than the one it was accepted under.

import { rmSync } from 'node:fs'
import t from 'tap'
import type { Test } from 'tap'
import type { PolicyRules } from '../../src/access/policy.ts'
import { AppError } from '../../src/errors.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { problem } from '../helpers/build.ts'
import { heldEngine, SENT, serveBuilds } from '../helpers/build-server.ts'
import { makeFolder } from '../helpers/folder.ts'
import { buildForm } from '../helpers/form.ts'
import { image } from '../helpers/records.ts'
import { addToken, bearer } from '../helpers/tokens.ts'

/** A server that restarts on the same data, each time with another policy. */
function restarting(t: Test) {
  const dataDir = makeFolder('policy')
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const { engine, next } = heldEngine()
  engine.images.set('evil:1', image({ tags: ['evil:1'] }))
  const begin = async (policy: PolicyRules, env: Record<string, string> = {}) => {
    const opened = openStore(dataDir)
    const close = once(opened.close)
    const store = { ...opened, close }
    const server = await serveBuilds(t, { engine, store, policy, env: { BERTH_DATA_DIR: dataDir, ...env } })
    return {
      ...server,
      end: async () => {
        await server.app.close()
        close()
      }
    }
  }
  return { begin, engine, next }
}

function once(task: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) task()
    isDone = true
  }
}

const BROKEN = new AppError('BUILD_FAILED', 'exit code 1')

t.test('a retry is checked by the policy again', async (t) => {
  const { begin, next } = restarting(t)
  const before = await begin({})
  const { id } = await before.submit({}, 'FROM evil:1\nADD https://example.com/x /')
  ;(await next(0)).end(BROKEN)
  await before.ended(id)
  await before.end()

  const table: [policy: PolicyRules, message: RegExp][] = [
    [{ images: ['good:*'] }, /"evil:1" is not among those/],
    [{ remote_sources: false }, /https:\/\/example.com\/x/]
  ]
  for (const [policy, message] of table) {
    const narrow = await begin(policy)
    t.match(problem(t, await narrow.post(`/builds/${id}/retry`), 403, 'POLICY_REFUSED').detail, message)
    t.match((await narrow.get(`/builds/${id}`)).json(), { status: 'failed' }, 'which changes nothing')
    await narrow.end()
  }
  const wide = await begin({ images: ['evil:*'] })
  t.equal((await wide.post(`/builds/${id}/retry`)).statusCode, 202)
  ;(await next(1)).end()
  t.match(await wide.ended(id), { status: 'completed' })
  await wide.end()
})

t.test('a build looks at its base image once', async (t) => {
  const { begin, next, engine } = restarting(t)
  const server = await begin({ images: ['evil:*'] })
  const { id } = await server.submit({}, 'FROM evil:1')
  ;(await next(0)).end()
  t.match(await server.ended(id), { status: 'completed' })
  t.equal(engine.calls.filter(({ name, args }) => name === 'inspectImage' && args[0] === 'evil:1').length, 1)
  await server.end()
})

t.test('a build that waited through a restart is checked by the policy again', async (t) => {
  const { begin, next, engine } = restarting(t)
  const before = await begin({}, { BERTH_BUILD_CONCURRENCY: '1' })
  await before.submit({}, 'FROM evil:1')
  const waiting = await before.submit({}, 'FROM evil:1')
  await next(0)
  await before.end()

  const narrow = await begin({ images: ['good:*'] })
  const ended = await narrow.ended(waiting.id)
  t.match(ended, { status: 'failed', build: { code: 'POLICY_REFUSED', reason: /"evil:1" is not among those/ } })
  t.equal(engine.calls.filter(({ name }) => name === 'buildImage').length, 0)
  await narrow.end()
})

t.test('POST /builds refuses a run that the create would refuse', async (t) => {
  const { begin, next } = restarting(t)
  const before = await begin({})
  const run = { memory: 256 * 1024 ** 2, volumes: [{ source: 'data', target: '/data' }] }
  const { id } = await before.submit({ run: JSON.stringify(run) })
  ;(await next(0)).end(BROKEN)
  await before.ended(id)
  await before.end()

  const table: [policy: PolicyRules, status: number, code: string, field: string][] = [
    [{ volumes: ['other'] }, 403, 'POLICY_REFUSED', 'run.volumes'],
    [{ images: ['scratch'] }, 403, 'POLICY_REFUSED', 'run.image'],
    [{ memory: 128 * 1024 ** 2 }, 400, 'INVALID_REQUEST', 'run.memory']
  ]
  for (const [policy, status, code, field] of table) {
    const narrow = await begin(policy)
    t.match(problem(t, await narrow.post(`/builds/${id}/retry`), status, code).errors, [{ field }])
    const fields = { image_name: 'web', run: JSON.stringify(run) }
    const anew = await narrow.send(buildForm('FROM scratch', fields))
    t.match(problem(t, anew, status, code).errors, [{ field }], 'even if it is sent')
    t.match((await narrow.get('/builds')).json(), [{ id }], 'and nothing is left of it')
    await narrow.end()
  }
})

t.test("retrying a teammate's build that runs its image needs containers:write", async (t) => {
  const { begin, next } = restarting(t)
  const server = await begin({})
  const { store } = server
  const runner = bearer(
    await addToken(store, { name: 'runner', scopes: ['read', 'builds:write', 'containers:write'], team: 'shop' })
  )
  const builder = bearer(await addToken(store, { name: 'builder', scopes: ['builds:write'], team: 'shop' }))
  await server.end()
  const { ask, send, end } = await begin({})
  const sent = await send(buildForm('FROM scratch', { image_name: 'web', run: '{}' }), { ...SENT, ...runner })
  const { id } = sent.json()
  ;(await next(0)).end(BROKEN)
  const failed = async () => (await ask('GET', `/builds/${id}`, { headers: runner })).json().finished_at !== null
  while (!(await failed())) await new Promise((resolve) => setImmediate(resolve))
  t.match(problem(t, await ask('POST', `/builds/${id}/retry`, { headers: builder }), 403, 'FORBIDDEN'), {
    scope: 'containers:write'
  })
  t.equal((await ask('POST', `/builds/${id}/retry`, { headers: runner })).statusCode, 202)
  await next(1)
  await end()
})

t.test('no build may use an image that keeps the files of a container, by name or by id', async (t) => {
  const engine = heldEngine().engine
  const kept = image({ tags: ['berth/kept:0123456789ab'] })
  engine.images.set(kept.tags[0]!, kept)
  const { send, submit, ended } = await serveBuilds(t, { engine })
  for (const from of ['FROM berth/kept:0123456789ab', 'FROM scratch\nCOPY --from=berth/kept:0123456789ab / /'])
    problem(t, await send(buildForm(from, { image_name: 'web' })), 403, 'POLICY_REFUSED')
  for (const fields of [{}, { platform: 'linux/amd64' }]) {
    const { id } = await submit(fields, `FROM ${kept.id}`)
    const build = await ended(id)
    t.equal(build.status, 'failed')
    t.match(JSON.stringify(build), /keeps the files of a container/)
  }
})
