// The common rules of all calls: authorization, deadlines, limits, health, log and shutdown.

import { once } from 'node:events'
import http2 from 'node:http2'
import { create, toBinary } from '@bufbuild/protobuf'
import { createClient } from '@connectrpc/connect'
import { pino } from 'pino'
import t from 'tap'
import { DockerService, StreamDockerLogsRequestSchema } from '../../src/rpc/gen/docker_management_pb.ts'
import { Health, HealthCheckResponse_ServingStatus as Status } from '../../src/rpc/gen/grpc/health/v1/health_pb.ts'
import { createRpcServer } from '../../src/rpc/server.ts'
import { all, buildRpc, refusal, transportTo } from '../helpers/grpc.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { connectRaw, envelope } from '../helpers/raw-grpc.ts'
import { until } from '../helpers/until.ts'

const TOKEN = 'correct-horse-battery-staple-0123456789'

t.test('with a token', async (t) => {
  const { port, engine } = await buildRpc(t, { env: { BERTH_TOKEN: TOKEN } })
  const withToken = (authorization?: string) =>
    createClient(DockerService, transportTo(port, authorization === undefined ? {} : { authorization }))

  for (const authorization of [undefined, '', 'Bearer wrong', TOKEN, `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
    t.match(await refusal(withToken(authorization).listDockerContainers({})), {
      status: 'Unauthenticated',
      reason: 'UNAUTHORIZED'
    })
    t.match(await refusal(withToken(authorization).runDockerContainer({})), { status: 'Unauthenticated' })
    t.match(await refusal(all(withToken(authorization).streamDockerEvents({}))), { status: 'Unauthenticated' })
  }
  t.strictSame(engine.writes(), [])
  t.ok((await withToken(`Bearer ${TOKEN}`).runDockerContainer({})).container)
  const health = createClient(Health, transportTo(port))
  t.equal((await health.check({})).status, Status.SERVING, 'health is open, as over REST')
})

t.test('a foreign host name, and a web page', async (t) => {
  const { port } = await buildRpc(t, { env: { BERTH_ALLOWED_HOSTS: 'berth.example' } })
  const raw = connectRaw(port)
  t.teardown(raw.close)
  const path = '/berth.docker.v1.DockerService/GetDockerPorts'
  const status = async (headers: Record<string, string>) => (await raw.call({ path, headers })).status
  t.equal(await status({ ':authority': '127.0.0.1' }), 'OK')
  t.equal(await status({ ':authority': 'localhost:50051' }), 'OK')
  t.equal(await status({ ':authority': 'berth.example' }), 'OK')
  t.equal(await status({ ':authority': 'evil.example' }), 'PERMISSION_DENIED')
  t.equal(await status({ origin: 'http://evil.example' }), 'PERMISSION_DENIED')
  t.equal(await status({ 'sec-fetch-site': 'cross-site' }), 'PERMISSION_DENIED')
})

t.test('a method that declares no scope ends the start', async (t) => {
  const methods = { getDockerPorts: { call: () => ({}), request: {} } }
  t.throws(() => createRpcServer({ methods } as never), { message: /getDockerPorts/ })
})

t.test('reset calls leave no labels in the metrics', async (t) => {
  const { port, get } = await buildRpc(t)
  const raw = connectRaw(port)
  t.teardown(raw.close)
  const made = Array.from({ length: 50 }, (_, index) => ({
    path: `/made.up/${'x'.repeat(index)}`,
    body: [],
    patienceMs: 0
  }))
  await Promise.all(made.map((call) => raw.call(call)))
  await raw.call({ path: '/berth.docker.v1.DockerService/GetDockerPorts' })
  const metrics = (await get('/metrics')).body
  t.notMatch(metrics, /made\.up/)
  t.match(metrics, /berth_grpc_call_duration_seconds_count\{method="none"/)
  t.match(metrics, /method="berth\.docker\.v1\.DockerService\/GetDockerPorts",status="OK"/)
})

t.test('an unknown method', async (t) => {
  const { port } = await buildRpc(t)
  const raw = connectRaw(port)
  t.teardown(raw.close)
  const { http } = await raw.call({ path: '/berth.docker.v1.DockerService/Nothing' })
  t.equal(http, 404, 'which gRPC clients read as UNIMPLEMENTED')
})

t.test('an invalid authority is refused, and the next call succeeds', async (t) => {
  const { port } = await buildRpc(t)
  const raw = connectRaw(port)
  t.teardown(raw.close)
  const path = '/berth.docker.v1.DockerService/GetDockerPorts'
  for (const authority of ['[', '[::', 'localhost:99999', 'a:b:c'])
    t.match(await raw.call({ path, headers: { ':authority': authority } }), { http: 400, status: 'INVALID_ARGUMENT' })
  t.match(await raw.call({ path }), { http: 200, status: 'OK' })
})

t.test('the deadline of a call ends its work', async (t) => {
  const { docker, engine } = await buildRpc(t)
  const wait = { image: 'base-api-server:latest', wait: 'healthy', healthcheck: { test: ['CMD', 'true'] } }
  t.match(await refusal(docker.runDockerContainer({ name: 'slow', ...wait }, { timeoutMs: 300 })), {
    status: 'DeadlineExceeded'
  })
  await until(() => engine.records().length === 0)
  t.ok(engine.writes().includes('createContainer'), 'it was created and removed again')

  const life = new AbortController()
  const call = docker.runDockerContainer({ name: 'cancelled', ...wait }, { signal: life.signal })
  await until(() => engine.records().length === 1)
  life.abort()
  t.match(await refusal(call), { status: 'Canceled' })
  await until(() => engine.records().length === 0)
})

t.test('a deadline beyond the range of timers counts as none', async (t) => {
  const { port } = await buildRpc(t)
  const raw = connectRaw(port)
  t.teardown(raw.close)
  const path = '/berth.docker.v1.DockerService/StreamDockerEvents'
  for (const timeout of ['99999999H', '9999999M', '99999999S', '1H'])
    t.match(await raw.call({ path, headers: { 'grpc-timeout': timeout }, patienceMs: 100 }), { left: true }, timeout)
})

t.test('a change cancelled while it waits never begins', async (t) => {
  const engine = createMemoryEngine()
  const { docker, get } = await buildRpc(t, { engine })
  await docker.runDockerContainer({ name: 'web' })
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const stop = engine.stopContainer
  engine.stopContainer = async (...args) => {
    await held
    return stop(...args)
  }
  const first = docker.stopDockerContainer({ name: 'web' })
  t.match(await refusal(docker.removeDockerContainer({ name: 'web', force: true }, { timeoutMs: 200 })), {
    status: 'DeadlineExceeded'
  })
  await until(async () => /RemoveDockerContainer",status="(DEADLINE|CANCELLED)/.test((await get('/metrics')).body))
  release()
  t.match(await first, { changed: true })
  t.match(await docker.stopDockerContainer({ name: 'web' }), { changed: false }, 'after all earlier changes')
  t.notOk(engine.writes().includes('removeContainer'))
})

t.test('a hundred concurrent streams', async (t) => {
  const { docker, make } = await buildRpc(t)
  const streams = Array.from({ length: 100 }, () => docker.streamDockerEvents({})[Symbol.asyncIterator]())
  const firsts = Promise.all(streams.map((stream) => stream.next()))
  let isDone = false
  void firsts.then(() => (isDone = true))
  // A stream misses events from before it is open.
  while (!isDone) await make({ labels: { purpose: 'an event' } })
  for (const { value } of await firsts) t.match(value, { type: /^(container|port)\./ })
  await Promise.all(streams.map((stream) => stream.return?.()))
})

t.test('an oversized message is refused', async (t) => {
  const { docker } = await buildRpc(t)
  t.match(await refusal(docker.runDockerContainer({ env: { BIG: 'x'.repeat(5e6) } })), { status: 'ResourceExhausted' })
  t.ok(await docker.getDockerPorts({}), 'and the next one is answered')
})

t.test('health follows the engine', async (t) => {
  const { transport, engine } = await buildRpc(t)
  const health = createClient(Health, transport)
  const service = DockerService.typeName
  t.equal((await health.check({ service })).status, Status.SERVING)
  t.match(await refusal(health.check({ service: 'other' })), { status: 'NotFound' })
  const watch = health.watch({ service })[Symbol.asyncIterator]()
  t.equal((await watch.next()).value?.status, Status.SERVING)
  engine.goAway()
  t.equal((await watch.next()).value?.status, Status.NOT_SERVING)
  t.equal((await health.check({ service })).status, Status.NOT_SERVING)
  t.equal((await health.check({})).status, Status.SERVING, 'liveness stays')
  t.strictSame(Object.keys((await health.list({})).statuses).toSorted(), ['', service])
  engine.comeBack()
  t.equal((await watch.next()).value?.status, Status.SERVING)
  await watch.return?.()
})

t.test('calls are logged and counted, with the request id of the caller', async (t) => {
  const lines: Record<string, unknown>[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const { docker, get } = await buildRpc(t, { logger })
  await docker.getDockerPorts({}, { headers: { 'x-request-id': 'mine-1' } })
  const refused = await refusal(docker.stopDockerContainer({ name: 'x' }, { headers: { 'x-request-id': 'mine-2' } }))
  t.equal(refused.requestId, 'mine-2')
  t.equal(refused.metadata.get('x-request-id'), 'mine-2')
  const line = (id: string) => lines.find(({ requestId, msg }) => requestId === id && msg === 'call')
  await until(() => line('mine-2') !== undefined)
  t.match(line('mine-1'), { method: '/berth.docker.v1.DockerService/GetDockerPorts', status: 'OK', durationMs: Number })
  t.match(line('mine-2'), { status: 'NOT_FOUND' })
  const metrics = (await get('/metrics')).body
  t.match(
    metrics,
    /berth_grpc_call_duration_seconds_count\{method="berth.docker.v1.DockerService\/GetDockerPorts",status="OK"\} 1/
  )
  t.match(metrics, /status="NOT_FOUND"/)
})

t.test('a stopping server ends open streams at once with that reason', async (t) => {
  const { docker, app, make } = await buildRpc(t)
  await make({ name: 'web' })
  const streams = [
    all(docker.streamDockerEvents({})),
    all(docker.streamDockerLogs({ name: 'web', follow: true })),
    all(docker.streamDockerStats({ name: 'web' })),
    all(docker.streamSystemStats({}))
  ].map(refusal)
  const waiting = refusal(docker.waitDockerContainer({ name: 'web' }))
  await docker.getDockerPorts({})
  const started = performance.now()
  await app.close()
  t.ok(performance.now() - started < 8_000, 'before its ten seconds of grace are over')
  for (const refused of [...streams, waiting])
    t.match(await refused, { status: 'Unavailable', reason: 'SERVER_STOPPING', retrySeconds: 5 })
})

t.test('a client that does not read delays nothing', async (t) => {
  const said = t.capture(console, 'error')
  const { app, port, engine, make } = await buildRpc(t)
  const { full_id: id } = await make({ name: 'web' })
  for (let line = 0; line < 2_000; line++) engine.write(id, 'x'.repeat(1_000))
  const session = http2.connect(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  const stream = session.request({
    ':method': 'POST',
    ':path': '/berth.docker.v1.DockerService/StreamDockerLogs',
    'content-type': 'application/grpc',
    te: 'trailers'
  })
  stream.on('error', () => {})
  stream.end(envelope(toBinary(StreamDockerLogsRequestSchema, create(StreamDockerLogsRequestSchema, { name: 'web' }))))
  await once(stream, 'response')
  stream.pause()
  const started = performance.now()
  await app.close()
  t.ok(performance.now() - started < 8_000, 'before its ten seconds of grace are over')
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.same(said(), [], 'and is no error of the server')
})

t.test('neither idle connections nor open Watch streams lock out others', async (t) => {
  const { port } = await buildRpc(t, { env: { BERTH_CONNECTIONS_MAX: '64', BERTH_TOKEN: TOKEN } })
  const flood = Array.from({ length: 40 }, () => connectRaw(port))
  t.teardown(() => Promise.all(flood.map(({ close }) => close())))
  const docker = createClient(DockerService, transportTo(port, { authorization: `Bearer ${TOKEN}` }))
  t.ok((await docker.listDockerContainers({})).containers)
  const path = '/grpc.health.v1.Health/Watch'
  const raw = [connectRaw(port), connectRaw(port), connectRaw(port), connectRaw(port)]
  t.teardown(() => Promise.all(raw.map(({ close }) => close())))
  const watches = raw.flatMap((each) => Array.from({ length: 90 }, () => each.call({ path, patienceMs: 3_000 })))
  const refused = (await Promise.all(watches)).filter(({ status }) => status === 'RESOURCE_EXHAUSTED')
  t.ok(refused.length >= 4 * 90 - 256, `${refused.length} of 360 were refused`)
  t.ok((await docker.listDockerContainers({})).containers)
})

t.test('over Connect an unknown field is refused, as over REST', async (t) => {
  const { port, engine } = await buildRpc(t)
  const raw = connectRaw(port)
  t.teardown(raw.close)
  const call = (body: object) =>
    raw.call({
      path: '/berth.docker.v1.DockerService/RunDockerContainer',
      headers: { 'content-type': 'application/json' },
      body: [Buffer.from(JSON.stringify(body))]
    })
  t.match(await call({ name: 'web', privileged: true }), {
    http: 400,
    status: 'INVALID_ARGUMENT',
    message: /privileged/
  })
  t.same(engine.writes(), [])
  t.match(await call({ name: 'web' }), { http: 200 })
})

t.test('a request has a bounded size and number of values, as over REST', async (t) => {
  const { docker, engine } = await buildRpc(t)
  const many = await refusal(docker.runDockerContainer({ command: Array.from({ length: 50_000 }, () => 'x') }))
  t.match(many, { status: 'InvalidArgument', message: /12000 values/ })
  const large = await refusal(docker.runDockerContainer({ name: 'x'.repeat(300_000) }))
  t.match(large, { status: 'ResourceExhausted' })
  t.same(engine.writes(), [])
})
