// GET /metrics, read by its real readers: promtool and Prometheus.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { ContainerStats } from '../../src/stats/schemas.ts'
import { expressions } from '../helpers/dashboard.ts'
import { eventually } from '../helpers/engine.ts'
import { BUSY, IDLE, isNear } from '../helpers/measured.ts'
import { findPrometheus, startPrometheus } from '../helpers/prometheus.ts'
import { portsOf, startServer, type CreateBody } from '../helpers/server.ts'

const found = findPrometheus()
const skip = 'missing' in found ? found.missing : false
const folder = 'folder' in found ? found.folder : ''

const token = 'x'.repeat(32)
const headers = { authorization: `Bearer ${token}` }
const server = await startServer(t, { ports: portsOf('metrics'), env: { BERTH_TOKEN: token } })

async function make(body: CreateBody) {
  const { status, body: made, text } = await server.create(body, { headers })
  if (status !== 201) throw new Error(text)
  return made
}
const busy = await make({ command: BUSY, cpus: 0.2 })
const idle = await make({ command: IDLE, ports: [] })
const stopped = await make({ command: ['true'], ports: [] })
const statsOf = async (id: string) => (await server.get<ContainerStats>(`/containers/${id}/stats`, { headers })).body
await Promise.all([busy, idle].map(({ id }) => statsOf(id)))
await server.get('/containers/nobody', { headers })

t.test('promtool finds no problem', { skip }, async (t) => {
  const { text } = await server.get('/metrics', { headers })
  const checked = spawnSync(join(folder, 'promtool'), ['check', 'metrics'], { input: text, encoding: 'utf8' })
  t.strictSame([checked.status, checked.stdout, checked.stderr], [0, '', ''])
  t.match(text, `name="${busy.name}"`)

  const bad = spawnSync(join(folder, 'promtool'), ['check', 'metrics'], {
    input: text.replace('# HELP', '#'),
    encoding: 'utf8'
  })
  t.not(bad.status, 0, 'it does look')
})

t.test('promtool accepts the alert rules, and every metric in them exists', { skip }, async (t) => {
  const file = join(import.meta.dirname, '../../docs/dashboards/alerts.yml')
  const checked = spawnSync(join(folder, 'promtool'), ['check', 'rules', file], { encoding: 'utf8' })
  t.equal(checked.status, 0, checked.stderr)
  const { text } = await server.get('/metrics', { headers })
  const named = new Set([...readFileSync(file, 'utf8').matchAll(/\bberth_\w+/g)].map(([name]) => name))
  t.ok(named.size > 5)
  // Those of the database are there with PostgreSQL only: postgres.test.ts.
  for (const name of named)
    if (!name.startsWith('berth_database_'))
      t.match(text, new RegExp(`^# TYPE ${name.replace(/_bucket$/, '')} `, 'm'), name)
})

t.test('Prometheus scrapes it with the token and stores our figures', { skip }, async (t) => {
  const { query, target } = await startPrometheus(t, { folder, target: new URL(server.url).host, token })
  const valueOf = async (expression: string) => Number((await query(expression))[0]?.value[1])

  await eventually(async () => {
    const seen = await target()
    if (seen?.health !== 'up') throw new Error(JSON.stringify(seen))
  })
  t.equal(await valueOf('berth_engine_up'), 1)
  t.equal(await valueOf(`berth_container_memory_limit_bytes{name="${busy.name}"}`), busy.limits.memory)
  t.same(await query(`berth_container_processes{name="${stopped.name}"}`), [], 'a stopped container has no figures')
  const refused = 'berth_http_request_duration_seconds_count{route="/containers/:id",status="404"}'
  t.equal(await valueOf(refused), 1)

  await eventually(async () => {
    const { memory_bytes: memory } = await statsOf(idle.id)
    const scraped = await valueOf(`berth_container_memory_working_set_bytes{id="${idle.id}"}`)
    if (!isNear(scraped, memory, 0.02)) throw new Error(`${scraped} was scraped, ${memory} was answered`)
  })

  // The same seconds in both forms: the growth of the counter, and the average of the samples.
  await eventually(async () => {
    const rate = (await valueOf(`rate(berth_container_cpu_seconds_total{id="${busy.id}"}[6s])`)) * 100
    const { body } = await server.get<{ points: { cpu_percent: number }[] }>(
      `/containers/${busy.id}/stats/history?seconds=6`,
      { headers }
    )
    const average = body.points.reduce((sum, { cpu_percent: percent }) => sum + percent, 0) / body.points.length
    if (!isNear(rate, average, 0.1)) throw new Error(`the counter grew by ${rate} %, the samples say ${average} %`)
    // Other work may take its CPU for a while.
    if (rate <= 1 || rate >= 30) throw new Error(`${rate} % of a core, its limit is 20`)
  })

  for (const { title, expression } of expressions)
    await eventually(async () => {
      if ((await query(expression)).length === 0) throw new Error(`nothing for the panel "${title}": ${expression}`)
    })
  t.pass('every panel of the dashboard has something to show')
})
