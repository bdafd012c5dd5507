import t from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { docker, eventually, listenOn } from '../helpers/engine.ts'
import { hostPort, portsOf, SLEEPER, startServer } from '../helpers/server.ts'

const server = await startServer(t, { ports: portsOf('wait') })
type Waited = { container: Container | null; reached: string; waited_ms: number }
const waitFor = (id: string, query: string) => server.get<Waited>(`/containers/${id}/wait?${query}`)
const LATE = 'sleep 1; echo hello > /tmp/index.html; exec httpd -f -p 5000 -h /tmp'
t.afterEach(() => server.removeAll())

t.test('wait: port returns when the workload answers', async (t) => {
  const started = performance.now()
  const { status, body } = await server.create({ command: ['sh', '-c', LATE], wait: 'port' })
  t.equal(status, 201)
  t.ok(performance.now() - started > 1_000, "not when the engine's proxy answers")
  t.equal((await fetch(`${body.url}/index.html`)).status, 200)
})

t.test('wait: http returns when the path answers', async (t) => {
  const command = ['sh', '-c', 'httpd -p 5000 -h /tmp; sleep 1; echo hello > /tmp/ready; sleep 3600']
  const { status, body } = await server.create({ command, wait: 'http', wait_path: '/ready' })
  t.equal(status, 201)
  t.equal(await (await fetch(`${body.url}/ready`)).text(), 'hello\n')
})

t.test('wait: healthy uses the health check of the request', async (t) => {
  const { status, body, text } = await server.create({
    command: ['sh', '-c', 'sleep 1; touch /tmp/well; sleep 3600'],
    healthcheck: { test: ['CMD', 'test', '-f', '/tmp/well'], interval_seconds: 5, retries: 20 },
    wait: 'healthy'
  })
  t.equal(status, 201, text)
  t.match(body, { health: 'healthy', state: 'running' })
})

t.test('wait: healthy without a health check is refused', async (t) => {
  const answer = await server.create({ command: SLEEPER, wait: 'healthy' })
  t.match(answer, { status: 400, body: { code: 'INVALID_REQUEST', errors: [{ field: 'wait' }] } })
  t.equal((await server.inEngine()).length, 0)
})

t.test('a workload that ends early ends the wait early', async (t) => {
  for (const wait of ['port', 'http', 'healthy'] as const) {
    const started = performance.now()
    const answer = await server.create({
      command: ['sh', '-c', 'echo starting; echo "no such file: config" >&2; sleep 0.5; exit 7'],
      healthcheck: { test: ['CMD', 'false'], interval_seconds: 5 },
      wait,
      wait_timeout_seconds: 30
    })
    t.match(answer, {
      status: 422,
      body: { code: 'CONTAINER_EXITED', detail: /exit code 7/, exit_code: 7 }
    })
    // The engine reads two pipes, in no certain order.
    t.same(answer.body.logs?.split('\n').sort(), ['no such file: config', 'starting'])
    t.ok(performance.now() - started < 25_000, wait)
    t.equal((await server.inEngine()).length, 0, 'nothing is left')
  }
})

t.test('a timeout ends the wait and removes the container', async (t) => {
  await Promise.all(
    (['port', 'http', 'healthy'] as const).map(async (wait) => {
      const answer = await server.create({
        command: ['sh', '-c', 'echo waiting for godot; sleep 3600'],
        healthcheck: { test: ['CMD', 'false'], interval_seconds: 5 },
        wait,
        wait_timeout_seconds: 3
      })
      t.match(answer, {
        status: 504,
        body: { code: 'WAIT_TIMEOUT', detail: new RegExp(`"${wait}" within 3 seconds`), logs: 'waiting for godot' }
      })
    })
  )
  t.equal((await server.inEngine()).length, 0, 'nothing is left')
  t.match((await server.portOverview()).counts, { bound: 0, leased: 0, parked: 0 })
})

t.test('a client that disconnects leaves nothing', async (t) => {
  for (const after of [50, 1_200]) {
    const away = new AbortController()
    const asked = server.create({ command: SLEEPER, wait: 'port' }, { signal: away.signal })
    const limit = setTimeout(() => away.abort(), after)
    await t.rejects(asked)
    clearTimeout(limit)
    // Its create may not have begun yet, so the test checks its port.
    await eventually(async () => {
      const { counts } = await server.portOverview()
      const there = await server.inEngine()
      if (there.length + counts.leased + counts.bound > 0)
        throw new Error(`${there.length} left, ${counts.leased} leased`)
    })
  }
})

t.test('GET /containers/{id}/wait', async (t) => {
  await t.test('exited, removed, running', async (t) => {
    const { body } = await server.create({ command: ['sh', '-c', 'sleep 1; exit 5'] })
    const ended = await waitFor(body.id, 'for=exited')
    t.match(ended, { status: 200, body: { reached: 'exited', container: { state: 'exited', exit_code: 5 } } })
    t.match((await waitFor(body.id, '')).body, { reached: 'exited' }, 'which is the default condition')

    const running = waitFor(body.id, 'for=running&timeout_seconds=60')
    t.match((await running).status, 422, 'an exited container does not run')

    const removal = waitFor(body.id, 'for=removed&timeout_seconds=60')
    await server.delete(`/containers/${body.id}`)
    t.match(await removal, { status: 200, body: { reached: 'removed', container: null } })
    t.equal((await waitFor(body.id, 'for=removed')).status, 404, 'it is no longer known')
  })

  await t.test('a container not started yet', async (t) => {
    const { body } = await server.create({ start: false })
    const running = waitFor(body.id, 'for=running&timeout_seconds=60')
    const port = waitFor(body.id, 'for=port&timeout_seconds=60')
    await docker.getContainer(body.full_id).start()
    t.match(await running, { status: 200, body: { container: { state: 'running' } } })
    t.match(await port, { status: 200, body: { reached: 'port' } })
  })

  await t.test('another process on its port does not count', async (t) => {
    const { body } = await server.create({ start: false })
    await listenOn(t, hostPort(body))
    const answer = await waitFor(body.id, 'for=port&timeout_seconds=0.5')
    t.match(answer, { status: 504, body: { code: 'WAIT_TIMEOUT' } })
  })

  await t.test('a timeout', async (t) => {
    const { body } = await server.create({ command: SLEEPER })
    t.match(await waitFor(body.id, 'for=exited&timeout_seconds=0.3'), { status: 504, body: { code: 'WAIT_TIMEOUT' } })
    t.match(await waitFor(body.id, 'for=exited&timeout_seconds=301'), { status: 400 })
    t.equal((await server.inEngine()).length, 1, 'and the container stays')
  })
})

t.test('a pause makes no container unhealthy', async (t) => {
  const { body, status, text } = await server.create({
    wait: 'healthy',
    command: SLEEPER,
    healthcheck: { test: ['CMD', 'true'], interval_seconds: 5 }
  })
  t.equal(status, 201, text)
  const paused = await server.post<Container>(`/containers/${body.id}/pause`)
  t.match(paused, { status: 200, body: { state: 'paused', health: null } })
  const goesOn = await server.post<Container>(`/containers/${body.id}/unpause`)
  t.match(goesOn, { status: 200, body: { state: 'running', health: 'starting' } })
  await eventually(async () => {
    const { body: now } = await server.get<Container>(`/containers/${body.id}`)
    if (now.health !== 'healthy') throw new Error(`${now.health}`)
  })
})
