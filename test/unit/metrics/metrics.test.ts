// The answer of GET /metrics, from the outside.

import t from 'tap'
import { build, VERSION } from '../../helpers/build.ts'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { until } from '../../helpers/until.ts'

type App = Awaited<ReturnType<typeof build>>

/** Name and labels of each sample, and its value. */
async function scrape({ get }: App): Promise<Map<string, number>> {
  const { body } = await get('/metrics')
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1).replace('+Inf', 'Infinity'))]
    })
  )
}

t.test('GET /metrics is text in the format of Prometheus', async (t) => {
  const { get } = await build(t)
  const answer = await get('/metrics')
  t.equal(answer.statusCode, 200)
  t.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.match(answer.body, /\n$/)
})

t.test('builds by status', async (t) => {
  const app = await build(t)
  const form = new FormData()
  form.append('file', new Blob(['FROM scratch\n']), 'Dockerfile')
  form.append('image_name', 'web')
  const payload = new Response(form)
  await app.ask('POST', '/builds', {
    headers: { 'content-type': payload.headers.get('content-type') ?? '' },
    payload: Buffer.from(await payload.arrayBuffer())
  })
  await until(async () => (await scrape(app)).get('berth_builds{status="completed"}') === 1)
})

t.test('the metrics need the token if there is one', async (t) => {
  const token = 'x'.repeat(32)
  const { get } = await build(t, { env: { BERTH_TOKEN: token } })
  t.equal((await get('/metrics')).statusCode, 401)
  t.equal((await get('/metrics', { headers: { authorization: `Bearer ${token}` } })).statusCode, 200)
})

t.test('the server, its engine, its ports and its containers', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'foreign' })
  const app = await build(t, { engine, env: { BERTH_PORT_RANGE: '8001-8010', BERTH_RESERVED_PORTS: '8010' } })
  await app.make()
  const stopped = await app.make()
  await app.post(`/containers/${stopped.id}/stop`)
  const found = await scrape(app)
  const expected: [string, number][] = [
    [`berth_info{version="${VERSION}"}`, 1],
    ['berth_engine_up', 1],
    ['berth_containers{state="running",managed="true"}', 1],
    ['berth_containers{state="exited",managed="true"}', 1],
    ['berth_containers{state="running",managed="false"}', 1],
    ['berth_ports{protocol="tcp",state="bound"}', 1],
    ['berth_ports{protocol="tcp",state="parked"}', 1],
    ['berth_ports{protocol="tcp",state="reserved"}', 1],
    ['berth_ports{protocol="tcp",state="free"}', 7],
    ['berth_ports{protocol="udp",state="free"}', 9]
  ]
  for (const [name, value] of expected) t.equal(found.get(name), value, name)
  t.ok((found.get('process_resident_memory_bytes') ?? 0) > 1e7)
  t.ok(Math.abs((found.get('process_start_time_seconds') ?? 0) + process.uptime() - Date.now() / 1000) < 5)
  t.ok((found.get('process_cpu_seconds_total') ?? 0) > 0)
})

t.test('the metrics are available while the engine is unreachable, and say so', async (t) => {
  const app = await build(t)
  await app.make()
  app.engine.goAway()
  const found = await scrape(app)
  t.equal(found.get('berth_engine_up'), 0)
  t.equal(found.get('berth_containers{state="running",managed="true"}'), 1, 'the last known state')
  app.engine.comeBack()
  t.equal((await scrape(app)).get('berth_engine_up'), 1)
})

t.test('a running container has figures, and loses them when it stops', async (t) => {
  const app = await build(t)
  const { id, name, full_id: fullId } = await app.make({ name: 'web', memory: 64 * 1024 ** 2 })
  const unlimited = app.engine.add({ name: 'foreign', image: 'app"1' })
  const labels = `{id="${id}",name="${name}",image="base-api-server:latest"}`
  const foreign = `{id="${unlimited.id.slice(0, 12)}",name="foreign",image="app\\"1"}`
  await until(async () => {
    const found = await scrape(app)
    return found.has(`berth_container_processes${labels}`) && found.has(`berth_container_processes${foreign}`)
  })
  const found = await scrape(app)
  const figure = (metric: string) => found.get(`berth_container_${metric}${labels}`)
  t.strictSame(
    {
      working: figure('memory_working_set_bytes'),
      limit: figure('memory_limit_bytes'),
      received: figure('network_receive_bytes_total'),
      sent: figure('network_transmit_bytes_total'),
      read: figure('block_read_bytes_total'),
      written: figure('block_write_bytes_total'),
      processes: figure('processes')
    },
    { working: 45e6, limit: 64 * 1024 ** 2, received: 1000, sent: 2000, read: 0, written: 4096, processes: 3 }
  )
  t.ok((figure('cpu_seconds_total') ?? 0) > 0)
  t.equal(found.get(`berth_container_memory_limit_bytes${foreign}`), Infinity)
  await app.post(`/containers/${fullId}/stop`)
  t.notOk((await scrape(app)).has(`berth_container_processes${labels}`), 'no zeros for a stopped container')
})

t.test('requests are counted by route, whatever their address', async (t) => {
  const app = await build(t)
  const { id, name } = await app.make()
  for (const reference of [id, name]) await app.get(`/containers/${reference}`)
  for (let n = 0; n < 50; n++) {
    await app.get(`/containers/nobody-${n}`)
    await app.get(`/nowhere/${n}?x=${n}`)
    await app.get(`/ports?seen=${n}`)
  }
  const found = await scrape(app)
  const count = (labels: string) => found.get(`berth_http_request_duration_seconds_count{${labels}}`)
  t.equal(count('method="GET",route="/containers/:id",status="200"'), 2)
  t.equal(count('method="GET",route="/containers/:id",status="404"'), 50)
  t.equal(count('method="GET",route="none",status="404"'), 50)
  const text = [...found.keys()].filter((name_) => name_.startsWith('berth_http')).join('\n')
  for (const word of [id, name, 'nobody', 'nowhere', 'seen']) t.notMatch(text, word)
  t.ok([...found.keys()].filter((key) => key.startsWith('berth_http_request_duration_seconds_count')).length < 12)
})

t.test('streams are left out of the durations', async (t) => {
  const app = await build(t)
  const { id, full_id: fullId } = await app.make()
  const streams = ['/events', '/stats/stream', `/containers/${id}/stats/stream`, `/containers/${id}/logs?follow=true`]
  const answers = streams.map((url) => app.get(url, { payloadAsStream: true }))
  await Promise.all(answers)
  app.engine.end(fullId, 0)
  await Promise.all(
    (await Promise.all(answers)).slice(2).map(async (answer) => {
      for await (const _piece of answer.stream());
    })
  )
  await app.get('/health')
  await until(async () => {
    const found = [...(await scrape(app)).keys()].join('\n')
    return found.includes('route="/health"')
  })
  t.notMatch([...(await scrape(app)).keys()].join('\n'), /route="[^"]*(stream|logs|events)/)
})

t.test('an unblocked event loop is not late', async (t) => {
  const app = await build(t)
  const delay = async () => (await scrape(app)).get('berth_event_loop_delay_seconds') ?? Number.NaN
  await delay()
  // Other work blocks this process, too, so it may take more than one try.
  const quiet: number[] = []
  await until(async () => {
    await new Promise((resolve) => setTimeout(resolve, 100))
    quiet.push(await delay())
    return Math.min(...quiet) < 0.015
  })
  t.ok(quiet.every((seconds) => seconds >= 0))

  await new Promise((resolve) => setTimeout(resolve, 50))
  const end = performance.now() + 200
  while (performance.now() < end);
  await new Promise((resolve) => setTimeout(resolve, 50))
  const held = await delay()
  t.ok(held > 0.12 && held < 20, `${held} seconds after it was blocked for 0.2`)
})

t.test('changes queued for the engine, its calls, and refusals by code', async (t) => {
  const app = await build(t)
  const { engine, get, post } = app
  engine.figures = () => ({ running: 2, waiting: 7, calls: { ok: 40, ENGINE_TIMEOUT: 1 } })
  await get('/containers/nobody')
  await get('/containers?nonsense=1')
  await post('/containers', { memry: 1 })
  const figures = await scrape(app)
  for (const [name, value] of [
    ['berth_engine_changes{state="running"}', 2],
    ['berth_engine_changes{state="waiting"}', 7],
    ['berth_engine_calls_total{result="ok"}', 40],
    ['berth_engine_calls_total{result="ENGINE_TIMEOUT"}', 1],
    ['berth_refusals_total{code="INVALID_REQUEST"}', 2]
  ] as const)
    t.equal(figures.get(name), value, name)
  t.ok((figures.get('berth_refusals_total{code="CONTAINER_NOT_FOUND"}') ?? 0) >= 1)
})
