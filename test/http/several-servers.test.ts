// Servers that share a database. Each has an engine of its own in memory.

import t, { type Test } from 'tap'
import { problem } from '../helpers/build.ts'
import { heldEngine, serveBuilds } from '../helpers/build-server.ts'
import { makeFolder } from '../helpers/folder.ts'
import { ask, openServer, startPostgres } from '../helpers/postgres.ts'
import { openEvents } from '../helpers/sse.ts'
import { until } from '../helpers/until.ts'

const OPERATOR = 'o'.repeat(32)
const AT_ONCE_MS = 1_000
const postgres = await startPostgres(t)
const keyFolder = makeFolder('key')

/** A server that runs one build at a time. */
async function serve(t: Test, url: string, env: Record<string, string> = {}) {
  const engine = heldEngine()
  // It is closed with its server.
  const store = await openServer(url, keyFolder)
  const server = await serveBuilds(t, { engine: engine.engine, store, env: { BERTH_BUILD_CONCURRENCY: '1', ...env } })
  return { ...server, store, next: engine.next, held: engine.held, memory: engine.engine }
}

async function serveTwo(t: Test, env?: Record<string, string>) {
  const url = await postgres.empty()
  return { url, one: await serve(t, url, env), two: await serve(t, url, env) }
}

t.test('a token created, used or revoked on one server is so on the other', async (t) => {
  const { one, two } = await serveTwo(t, { BERTH_TOKEN: OPERATOR })
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  const made = await one.ask('POST', '/tokens', { payload: { name: 'ci', scopes: ['read'] }, ...as(OPERATOR) })
  const { token, id } = made.json<{ token: string; id: string }>()
  const answers = (status: number) => async () => (await two.get('/containers', as(token))).statusCode === status
  await until(answers(200), AT_ONCE_MS)
  const lastUse = async () => (await one.get('/tokens', as(OPERATOR))).json()[0].last_used_at
  await until(async () => (await lastUse()) !== null, AT_ONCE_MS)
  const again = await two.ask('POST', '/tokens', { payload: { name: 'ci', scopes: ['read'] }, ...as(OPERATOR) })
  problem(t, again, 409, 'TOKEN_NAME_TAKEN')
  t.equal((await one.ask('DELETE', `/tokens/${id}`, as(OPERATOR))).statusCode, 200)
  await until(answers(401), AT_ONCE_MS)
})

t.test('one of the last two admins stays when two servers revoke both at once', async (t) => {
  const { url, one, two } = await serveTwo(t)
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  const make = async (name: string, scope: string, maker?: string) => {
    const payload = { name, scopes: [scope] }
    const answer = await one.ask('POST', '/tokens', { payload, ...(maker !== undefined && as(maker)) })
    return answer.json<{ token: string }>().token
  }
  const first = await make('first', 'admin')
  const second = await make('second', 'admin', first)
  const reader = await make('reader', 'read', first)
  await until(async () => (await two.get('/containers', as(reader))).statusCode === 200, AT_ONCE_MS)
  await Promise.all([one.ask('DELETE', '/tokens/second', as(first)), two.ask('DELETE', '/tokens/first', as(second))])
  const [{ admins } = {}] = await ask(url, "SELECT count(*)::INT AS admins FROM tokens WHERE scopes = 'admin'")
  t.equal(admins, 1)
})

/** One server works on a build, so that the other takes the next one. */
async function occupyOne(t: Test) {
  const { url, one, two } = await serveTwo(t)
  const { id } = await one.submit()
  await until(() => one.held.length + two.held.length > 0)
  const [busy, idle] = one.held.length > 0 ? [one, two] : [two, one]
  const release = async () => {
    busy.held[0]?.end()
    await busy.ended(id)
  }
  return { url, id, busy, idle, release }
}

t.test('a build that one server received is built, followed and cancelled on the other', async (t) => {
  const { id: first, busy, idle, release } = await occupyOne(t)
  const follow = (id: string) =>
    openEvents(t, busy.app, `/builds/${id}/logs?follow=true`, { accept: 'text/event-stream' })
  const { id: second } = await busy.submit()
  const held = await idle.next(0)
  t.equal(held.spec.id, second)
  await until(async () => (await busy.get(`/builds/${second}`)).json().status === 'in_progress', AT_ONCE_MS)
  const log = await follow(second)
  held.say('built elsewhere')
  t.match(await log.first(1), [{ event: 'line', data: { line: 'built elsewhere' } }])
  const cancelled = await busy.post(`/builds/${second}/cancel`)
  t.equal(cancelled.statusCode, 200)
  t.match(cancelled.json(), { status: 'cancelled' })
  t.equal(held.signal.aborted, true)
  t.match((await log.all()).at(-1), { event: 'end', data: { status: 'cancelled' } })

  const { id: third } = await idle.submit()
  const next = await idle.next(1)
  const following = await follow(third)
  next.end()
  t.match((await following.all()).at(-1), { event: 'end', data: { status: 'completed' } })
  t.match((await busy.get(`/builds/${third}`)).json(), { status: 'completed' })
  t.match((await busy.get(`/builds/${third}/logs`)).payload, 'Step 1/1 : FROM scratch')
  t.match((await idle.get(`/builds/${first}`)).json(), { status: 'in_progress' }, 'and the first continues')
  await release()
  t.strictSame([...busy.folders(), ...idle.folders()], [], 'no context stays in a data folder')
})

t.test('a failed build is retried on the server that did not build it', async (t) => {
  const { url, id, busy, idle } = await occupyOne(t)
  busy.held[0]?.end(new Error('it broke'))
  t.match(await idle.ended(id), { status: 'failed' })
  const { id: blocker } = await busy.submit()
  await until(() => busy.held.length + idle.held.length > 1)
  const [there, here] = idle.held.length > 0 ? [idle, busy] : [busy, idle]
  const begun = here.held.length
  t.equal((await there.post(`/builds/${id}/retry`)).statusCode, 202)
  const again = await here.next(begun)
  t.equal(again.spec.id, id)
  again.end()
  t.match(await there.ended(id), { status: 'completed' })
  const [{ pieces } = {}] = await ask(
    url,
    `SELECT count(*)::INT AS pieces FROM build_contexts WHERE build_id = '${id}'`
  )
  t.equal(pieces, 0, 'the context of a build that succeeded is gone')
  there.held.at(-1)?.end()
  await here.ended(blocker)
})

t.test('a server that stops leaves its build to the others', async (t) => {
  const { id, busy, idle } = await occupyOne(t)
  await busy.app.close()
  const taken = await idle.next(0)
  t.equal(taken.spec.id, id)
  taken.end()
  t.match(await idle.ended(id), { status: 'completed' })
  t.match((await idle.get(`/builds/${id}/logs`)).payload, /INTERRUPTED: .*resumes later/)
})

t.test('an expiry that another server moved counts', async (t) => {
  const url = await postgres.empty()
  const one = await serve(t, url)
  // As if another server had moved it and the notification were lost: only a read of the table shows it.
  await ask(
    url,
    `CREATE FUNCTION later() RETURNS TRIGGER LANGUAGE plpgsql AS
       $$ BEGIN NEW.expires_at := NEW.expires_at + 3600000; RETURN NEW; END $$;
     CREATE TRIGGER later BEFORE INSERT ON expiries FOR EACH ROW EXECUTE FUNCTION later()`
  )
  const { full_id: id } = await one.make({ name: 'web', ttl_seconds: 1 })
  const isRenewed = async () => {
    const { expires_at: end } = (await one.get(`/containers/${id}`)).json<{ expires_at?: string }>()
    return end === undefined || Date.parse(end) > Date.now() + 60_000
  }
  await until(isRenewed)
  t.equal((await one.get(`/containers/${id}`)).statusCode, 200)
})
