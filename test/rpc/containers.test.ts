import t from 'tap'
import { buildRpc, refusal } from '../helpers/grpc.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'

t.test('a container from its first call to its last', async (t) => {
  const { docker, engine } = await buildRpc(t)
  const made = await docker.runDockerContainer({
    name: 'web',
    ports: [{ containerPort: 80 }],
    env: { COLOUR: 'green' },
    labels: { team: 'blue' },
    memory: 64n * 1024n ** 2n,
    cpus: 0.5,
    pidsLimit: 32,
    nofile: 4096,
    storageSize: 1024n ** 3n,
    ioWeight: 200,
    readOnly: true,
    restart: 'on-failure',
    command: ['serve', '--fast'],
    volumes: [{ source: 'data', target: '/data', readOnly: true }],
    healthcheck: { test: ['NONE'] },
    ttlSeconds: 600
  })
  t.match(made.container, {
    name: 'web',
    state: 'running',
    image: 'base-api-server:latest',
    ports: { '80/tcp': '127.0.0.1:8001' },
    env: ['HOST_PORT', 'COLOUR'],
    labels: { team: 'blue' },
    limits: { memory: 64n * 1024n ** 2n, cpus: 0.5, pids: 32n, nofile: 4096n, storageSize: 1024n ** 3n, ioWeight: 200 },
    readOnly: true,
    runtime: 'runc',
    restart: 'on-failure',
    command: ['serve', '--fast'],
    volumes: [{ source: 'data', target: '/data', readOnly: true }],
    managed: true
  })
  t.ok(made.container?.created && made.container.startedAt && made.container.expiresAt, 'times are timestamps')
  t.equal(made.replayed, false)
  t.equal(engine.specs()[0]?.env.COLOUR, 'green')

  const inspected = await docker.inspectDockerContainer({ name: 'web' })
  t.equal(inspected.container?.id, made.container?.id)

  const stopped = await docker.stopDockerContainer({ name: 'web' })
  t.match(stopped, { changed: true, message: 'Container stopped', container: { state: 'exited', exitCode: 0 } })
  t.match(await docker.stopDockerContainer({ name: 'web' }), { changed: false, message: 'Container already stopped' })
  t.match(await docker.startDockerContainer({ name: 'web' }), { changed: true, container: { state: 'running' } })
  t.match(await docker.startDockerContainer({ name: 'web' }), { changed: false })
  t.match(await docker.restartDockerContainer({ name: 'web' }), { message: 'Container restarted' })
  t.match(await docker.updateDockerContainer({ name: 'web', cpus: 1, neverExpires: true }), {
    container: { limits: { cpus: 1 }, expiresAt: undefined }
  })
  const anew = await docker.updateDockerContainer({ name: 'web', env: { LEVEL: 'debug' }, unsetEnv: ['COLOUR'] })
  t.match(anew, { message: /recreated from/, replaced: /^[0-9a-f]{64}$/, container: { name: 'web', state: 'running' } })
  t.strictSame(anew.container?.env, ['HOST_PORT', 'LEVEL'])

  t.match(await refusal(docker.removeDockerContainer({ name: 'web' })), {
    status: 'FailedPrecondition',
    reason: 'CONTAINER_RUNNING'
  })
  t.match(await docker.removeDockerContainer({ name: 'web', force: true }), {
    success: true,
    name: 'web',
    message: 'Container removed'
  })
  t.match(await refusal(docker.inspectDockerContainer({ name: 'web' })), {
    status: 'NotFound',
    message: /^Container not found: /,
    reason: 'CONTAINER_NOT_FOUND'
  })
})

t.test('a container may publish no ports', async (t) => {
  const { docker } = await buildRpc(t)
  t.strictSame((await docker.runDockerContainer({ noPorts: true })).container?.ports, {})
  t.strictSame((await docker.runDockerContainer({})).container?.ports, { '5000/tcp': '127.0.0.1:8001' })
})

t.test('the same idempotency key returns the same container over REST and gRPC', async (t) => {
  const { docker, post } = await buildRpc(t)
  const first = await post('/containers', { name: 'once', cpus: 0.5 }, { 'idempotency-key': 'k1' })
  const again = await docker.runDockerContainer({ name: 'once', cpus: 0.5, idempotencyKey: 'k1' })
  t.equal(again.replayed, true)
  t.equal(again.container?.id, first.json().id)
  t.match(await refusal(docker.runDockerContainer({ name: 'other', idempotencyKey: 'k1' })), {
    reason: 'IDEMPOTENCY_KEY_REUSED'
  })
})

t.test('a list has filters and pages', async (t) => {
  const { docker, make } = await buildRpc(t)
  for (const name of ['aa', 'bb', 'cc']) await make({ name, labels: { kind: name } })
  await docker.stopDockerContainer({ name: 'bb' })
  const names = (list: { containers: { name: string }[] }) => list.containers.map(({ name }) => name)
  t.strictSame(names(await docker.listDockerContainers({})), ['cc', 'bb', 'aa'])
  t.strictSame(names(await docker.listDockerContainers({ state: 'running' })), ['cc', 'aa'])
  t.strictSame(names(await docker.listDockerContainers({ label: ['kind=aa'] })), ['aa'])
  t.strictSame(names(await docker.listDockerContainers({ managed: false })), [])
  const page = await docker.listDockerContainers({ limit: 2 })
  t.strictSame([names(page), page.total], [['cc', 'bb'], 3])
  const next = await docker.listDockerContainers({ limit: 2, cursor: page.nextCursor! })
  t.strictSame([names(next), next.nextCursor], [['aa'], undefined])
})

t.test('an invalid request names its fields, as over REST, and changes nothing', async (t) => {
  const { docker, engine, post } = await buildRpc(t)
  const bad = { name: '-x', memory: 5, cpus: -1, wait: 'never', ports: [{ container_port: 0 }] }
  const rest = (await post('/containers', bad)).json()
  const rpc = await refusal(
    docker.runDockerContainer({ name: '-x', memory: 5n, cpus: -1, wait: 'never', ports: [{ containerPort: 70000 }] })
  )
  t.match(rpc, { status: 'InvalidArgument', reason: 'INVALID_REQUEST', domain: 'berth' })
  t.strictSame(rpc.fields.toSorted(), ['cpus', 'memory', 'name', 'ports.0.container_port', 'wait'])
  t.strictSame(rpc.fields.toSorted(), rest.errors.map(({ field }: { field: string }) => field).toSorted())

  t.match(await refusal(docker.stopDockerContainer({})), { fields: ['name'], message: /name is missing/ })
  t.match(await refusal(docker.stopDockerContainer({ name: 'x', timeout: 301 })), { fields: ['timeout'] })
  t.match(await refusal(docker.updateDockerContainer({ name: 'x' })), { status: 'InvalidArgument' })
  t.match(await refusal(docker.getDockerStatsHistory({ name: 'x', seconds: 301 })), { fields: ['seconds'] })
  t.match(await refusal(docker.listDockerContainers({ cursor: 'forged' })), { fields: ['cursor'] })
  t.match(await refusal(docker.runDockerContainer({ memory: 1n << 50n })), { status: 'InvalidArgument' })
  t.strictSame(engine.writes(), [])
})

t.test('a missing image', async (t) => {
  const { docker } = await buildRpc(t)
  t.match(await refusal(docker.runDockerContainer({ image: 'nobody/has-it', pull: 'never' })), {
    status: 'NotFound',
    reason: 'IMAGE_NOT_FOUND'
  })
})

t.test('a taken name', async (t) => {
  const { docker } = await buildRpc(t)
  await docker.runDockerContainer({ name: 'one' })
  t.match(await refusal(docker.runDockerContainer({ name: 'one' })), {
    status: 'AlreadyExists',
    reason: 'CONTAINER_NAME_TAKEN'
  })
})

t.test('a full port range', async (t) => {
  const { docker } = await buildRpc(t, { env: { BERTH_PORT_RANGE: '8001-8001' } })
  await docker.runDockerContainer({})
  const refused = await refusal(docker.runDockerContainer({}))
  t.match(refused, { status: 'ResourceExhausted', reason: 'PORT_RANGE_EXHAUSTED' })
  t.match(JSON.parse(refused.facts.counts ?? ''), { bound: 1 }, 'with the counts')
})

t.test('an unreachable engine', async (t) => {
  const engine = createMemoryEngine()
  const { docker } = await buildRpc(t, { engine })
  await docker.runDockerContainer({ name: 'web' })
  engine.goAway()
  t.match(await refusal(docker.stopDockerContainer({ name: 'web' })), {
    status: 'Unavailable',
    reason: 'ENGINE_UNAVAILABLE',
    retrySeconds: 5
  })
  t.match((await docker.inspectDockerContainer({ name: 'web' })).container, { stale: true })
})

t.test('waiting', async (t) => {
  const { docker, engine, make } = await buildRpc(t)
  const { full_id: id } = await make({ name: 'job' })
  t.match(await docker.waitDockerContainer({ name: 'job', condition: 'running' }), { reached: 'running' })
  const ended = docker.waitDockerContainer({ name: 'job' })
  engine.end(id, 3)
  t.match(await ended, { reached: 'exited', container: { exitCode: 3 } })
  t.match(await refusal(docker.waitDockerContainer({ name: 'job', condition: 'sleepy' })), { fields: ['condition'] })
})

t.test('processes and commands', async (t) => {
  const { docker, make } = await buildRpc(t, { env: { BERTH_EXEC: 'true' } })
  await make({ name: 'web' })
  t.match(await docker.listDockerProcesses({ name: 'web' }), {
    titles: ['PID', 'CMD'],
    processes: [{ values: ['4711', 'serve'] }]
  })
  t.match(await docker.execDockerContainer({ name: 'web', command: ['echo', 'hi'] }), {
    exitCode: 0,
    stdout: 'hi\n'
  })
  t.match(await refusal(docker.execDockerContainer({ name: 'web' })), { fields: ['command'] })
})
