// PostgreSQL is killed, restarted and frozen under load, while server and engine keep running.

import { once } from 'node:events'
import http from 'node:http'
import { json } from 'node:stream/consumers'
import t from 'tap'
import { runBare } from '../helpers/bare-server.ts'
import { endOf, imageNames } from '../helpers/builds.ts'
import { eventually } from '../helpers/engine.ts'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { ask, startPostgres } from '../helpers/postgres.ts'
import { portsOf, SLEEPER, startServer, unique } from '../helpers/server.ts'

const postgres = await startPostgres(t)
const url = await postgres.empty()
const server = await startServer(t, {
  ports: portsOf('postgres'),
  env: { BERTH_DATABASE_URL: url, BERTH_CHANGES_PER_SECOND: '0' }
})
const image = imageNames(t)('postgres')
const AWAY = { code: 'STORE_UNAVAILABLE', retryable: true }
// A refusal does not wait for a database that is known to be away.
const AT_ONCE_MS = 2_000
// Two failing round trips, on a busy machine.
const REFUSED_MS = 30_000

type Change = { status: number; code?: string | undefined; id?: string | undefined }

/** Repeats a task until it is stopped, and keeps the results. */
function repeat<T>(task: () => Promise<T>) {
  const results: T[] = []
  let isOver = false
  const done = (async () => {
    while (!isOver) results.push(await task())
  })()
  return {
    count: () => results.length,
    until: (isSeen: (result: T) => boolean, from = 0) =>
      eventually(() => {
        if (!results.slice(from).some(isSeen)) throw new Error('not seen yet')
      }),
    async stop(): Promise<T[]> {
      isOver = true
      await done
      return results
    }
  }
}

/** A container that is created and removed, and a build. */
async function changes() {
  const name = unique('pg')
  const { status, body } = await server.create({ name, command: SLEEPER })
  const made: Change = { status, code: body.code, id: body.id }
  const removed: Change | undefined = status === 201 ? await remove(name) : undefined
  return { name, made, removed, built: await build() }
}

/** The server closes the connection of a refused upload, which may lose the answer. The upload is retried then. */
async function build(): Promise<Change> {
  for (;;) {
    try {
      return await upload()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
    }
  }
}

async function upload(): Promise<Change> {
  const sent = http.request(`${server.url}/builds`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': FORM_TYPE }
  })
  sent.end(buildForm('FROM scratch\nLABEL a=b\n', { image_name: image }))
  const [answer] = (await once(sent, 'response')) as [http.IncomingMessage]
  return { ...((await json(answer)) as { code?: string; id?: string }), status: answer.statusCode ?? 0 }
}

async function remove(name: string): Promise<Change> {
  const { status, body } = await server.delete<object>(`/containers/${name}?force=true`)
  return { status, code: body.code }
}

for (const [what, goAway, comeBack, reason] of [
  ['is killed', postgres.kill, postgres.start, /./],
  ['freezes', async () => postgres.freeze(), async () => postgres.thaw(), /^No answer for 5 seconds/]
] as const)
  t.test(`PostgreSQL ${what}: reads continue, changes are refused, and nothing is lost or duplicated`, async (t) => {
    const { body: kept } = await server.create({ command: SLEEPER })
    const reads = repeat(async () => (await server.get(`/containers/${kept.id}`)).status)
    const load = repeat(changes)
    await load.until(({ made, built }) => made.status === 201 && built.status === 202)

    t.match((await server.get('/health/ready')).body, { status: 'healthy', database: 'available' })
    await goAway()
    const awaySince = performance.now()
    const [readsBefore, before] = [reads.count(), load.count()]
    await load.until(({ made, built }) => made.status === 503 && built.status === 503, before)
    t.ok(performance.now() - awaySince < REFUSED_MS, 'none waits for long')
    const startedAt = performance.now()
    const refused = await server.create({ command: SLEEPER })
    const tookMs = performance.now() - startedAt
    t.match(refused, { status: 503, body: AWAY, headers: { 'retry-after': '5' } })
    t.ok(tookMs < AT_ONCE_MS, `${tookMs} ms`)
    t.match(await server.get('/builds'), { status: 503, body: AWAY })
    t.match(await server.delete(`/containers/${kept.id}?force=true`), { status: 503, body: AWAY })
    t.match(await server.get('/health'), {
      status: 200,
      body: { status: 'degraded', engine: 'available', database: 'unavailable', database_reason: reason }
    })
    t.match(await server.get('/health/ready'), { status: 503, body: AWAY, headers: { 'retry-after': '5' } })
    t.match((await server.get('/metrics')).text, /^berth_database_up 0$/m)
    await eventually(() => {
      if (reads.count() < readsBefore + 5) throw new Error('no reads yet')
    })

    const away = load.count()
    await comeBack()
    await load.until(({ removed, built }) => removed?.status === 200 && built.status === 202, away)
    t.strictSame([...new Set(await reads.stop())], [200], 'no read failed')
    const all = await load.stop()
    const answers = all.flatMap(({ made, removed, built }) => [made, built, ...(removed ? [removed] : [])])
    t.strictSame(
      answers.filter(({ status, code }) => status >= 300 && code !== AWAY.code),
      [],
      'nothing else was refused'
    )
    t.comment(`${answers.length} changes, ${answers.filter(({ status }) => status === 503).length} refused`)

    await t.test('the acknowledged containers exist, and no others', async () => {
      const expected = all.filter(({ made, removed }) => made.status === 201 && removed?.status !== 200)
      const names = [kept.name, ...expected.map(({ name }) => name)].toSorted().join(', ')
      await eventually(async () => {
        const found = (await server.inEngine()).map(({ Names: [name = ''] }) => name.slice(1))
        if (found.toSorted().join(', ') !== names) throw new Error(`${found.join(', ')} instead of ${names}`)
      })
    })

    await t.test('the acknowledged builds succeed, each once', async (t) => {
      for (const { built } of all) {
        if (built.status !== 202 || built.id === undefined) continue
        t.match(await endOf(server, built.id), { status: 'completed' })
        const { text } = await server.get(`/builds/${built.id}/logs`)
        t.equal(text.match(/Successfully tagged/g)?.length, 1, text)
      }
    })

    await t.test('the audit trail has every change and an unbroken chain', async (t) => {
      const [{ entries } = {}] = await ask(
        url,
        "SELECT count(*)::INT AS entries FROM audit WHERE outcome = 'attempted' AND action = 'createContainer'"
      )
      t.ok(Number(entries) >= all.filter(({ made }) => made.status === 201).length + 1)
      const checking = runBare(t, { BERTH_DATABASE_URL: url, BERTH_DATA_DIR: server.dataDir }, ['scripts/audit.ts'])
      t.equal(await checking.ended, 0)
      t.match(checking.output(), /^the database: \d+ entries, unbroken/)
    })

    t.equal((await server.delete(`/containers/${kept.id}?force=true`)).status, 200, 'and changes work again')
    t.match(server.output(), /the database is away.*the database is back/s)
    t.match((await server.get('/health/ready')).body, { status: 'healthy', database: 'available' })
    const { text: metrics } = await server.get('/metrics')
    t.match(metrics, /^berth_database_up 1$/m)
    t.match(metrics, /^berth_database_query_duration_seconds_count{result="ok"} \d{2,}$/m)
    t.match(metrics, /^berth_database_connections{state="idle"} [1-9]/m)
    t.match(metrics, /^berth_database_waiting 0$/m)
  })

t.test('GET /metrics counts the calls that a frozen database never answered', async (t) => {
  const { text } = await server.get('/metrics')
  t.match(text, /^berth_database_query_duration_seconds_count{result="failed"} [1-9]/m)
})
