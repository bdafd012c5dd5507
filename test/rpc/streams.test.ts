import t from 'tap'
import { createClient } from '@connectrpc/connect'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { all, buildRpc, refusal, transportTo } from '../helpers/grpc.ts'
import { addToken, bearer } from '../helpers/tokens.ts'

t.test('logs', async (t) => {
  const { docker, engine, make } = await buildRpc(t)
  const { full_id: id } = await make({ name: 'web' })
  engine.write(id, 'one')
  engine.write(id, 'two', 'stderr')
  const { lines } = await docker.getDockerLogs({ name: 'web' })
  t.match(lines, [
    { stream: 'stdout', line: 'one', timestamp: /^2026-/ },
    { stream: 'stderr', line: 'two' }
  ])
  t.match((await docker.getDockerLogs({ name: 'web', tail: 1 })).lines, [{ line: 'two' }])
  t.match((await docker.getDockerLogs({ name: 'web', stderr: false })).lines, [{ line: 'one' }])

  const followed: string[] = []
  for await (const { event } of docker.streamDockerLogs({ name: 'web', follow: true })) {
    if (event.case === 'line') followed.push(event.value.line)
    if (followed.length === 2) engine.write(id, 'three')
    if (followed.length === 3) engine.end(id, 7)
    if (event.case === 'end') t.match(event.value, { reason: 'exited', exitCode: 7 })
  }
  t.strictSame(followed, ['one', 'two', 'three'])

  const resumed = await all(docker.streamDockerLogs({ name: 'web', follow: true, resumeAfter: lines[0]!.timestamp }))
  t.match(
    resumed.map(({ event }) => event.case === 'line' && event.value.line),
    ['two', 'three', false]
  )
  t.match(await refusal(all(docker.streamDockerLogs({ name: 'nobody' }))), { reason: 'CONTAINER_NOT_FOUND' })
  t.match(await refusal(docker.getDockerLogs({ name: 'web', since: 'yesterday' })), { fields: ['since'] })
})

t.test('more lines than fit into an answer are available only as a stream', async (t) => {
  const { docker, engine, make } = await buildRpc(t)
  const { full_id: id } = await make({ name: 'web' })
  const line = 'x'.repeat(1_000_000)
  for (let count = 0; count < 5; count++) engine.write(id, line)
  engine.end(id, 0)
  t.match(await refusal(docker.getDockerLogs({ name: 'web' })), { reason: 'INVALID_REQUEST', fields: ['tail'] })
  t.equal((await docker.getDockerLogs({ name: 'web', tail: 4 })).lines.length, 4)
  const messages = await all(docker.streamDockerLogs({ name: 'web' }))
  t.equal(messages.length, 5)
})

t.test('a thousand lines arrive without loss', async (t) => {
  const { docker, engine, make } = await buildRpc(t)
  const { full_id: id } = await make({ name: 'web' })
  for (let line = 0; line < 1_000; line++) engine.write(id, `line ${line}`)
  engine.end(id, 0)
  const messages = await all(docker.streamDockerLogs({ name: 'web', follow: true }))
  t.strictSame(
    messages.flatMap(({ event }) => (event.case === 'line' ? [event.value.line] : [])),
    Array.from({ length: 1_000 }, (_none, line) => `line ${line}`)
  )
})

t.test('statistics', async (t) => {
  const { docker, engine, make } = await buildRpc(t)
  const { full_id: id } = await make({ name: 'web' })
  t.match((await docker.getDockerStats({ name: 'web' })).stats, {
    name: 'web',
    memoryBytes: 45_000_000n,
    interfaces: { eth0: { rxBytes: 1000n } },
    source: 'engine'
  })
  t.match((await docker.inspectDockerContainer({ name: 'web' })).stats, { memoryBytes: 45_000_000n })
  t.match(await docker.getAllDockerStats({}), { containers: [{ name: 'web' }] })
  t.match(await docker.getDockerStatsHistory({ name: 'web', seconds: 5 }), { intervalMs: 1000, points: [{ pids: 3 }] })

  for await (const { event } of docker.streamDockerStats({ name: 'web' })) {
    if (event.case === 'stats') engine.end(id, 0)
    if (event.case === 'end') t.equal(event.value.reason, 'exited')
  }
  t.match(await refusal(docker.getDockerStats({ name: 'web' })), {
    status: 'FailedPrecondition',
    reason: 'CONTAINER_NOT_RUNNING',
    facts: { state: 'exited' }
  })
  t.equal((await docker.inspectDockerContainer({ name: 'web' })).stats, undefined)
  for await (const { event } of docker.streamAllDockerStats({})) {
    t.match(event, { case: 'stats', value: { containers: [] } })
    break
  }
})

t.test('events, and missed events', async (t) => {
  const { docker, make } = await buildRpc(t)
  const events = docker.streamDockerEvents({})[Symbol.asyncIterator]()
  const next = events.next()
  let isOpen = false
  void next.then(() => (isOpen = true))
  // The stream misses events from before it is open.
  while (!isOpen) await make()
  const { value: event } = await next
  t.match(event, { id: /-\d+$/, type: /^(container|port)\./ })
  t.ok(event.time)
  await events.return?.()
  await make({ name: 'later' })

  for await (const { type, facts } of docker.streamDockerEvents({ resumeAfter: event.id })) {
    if (facts?.name !== 'later') continue
    t.match(type, /^container\./)
    break
  }
  for await (const message of docker.streamDockerEvents({ resumeAfter: 'other-1' })) {
    t.match(message, { id: '', type: 'resync', facts: { reason: String } })
    t.equal(message.time, undefined)
    break
  }
})

t.test('the machine and its ports', async (t) => {
  const { docker, make } = await buildRpc(t)
  await make({ name: 'web' })
  t.match(await docker.getSystemStats({}), { cpuPercent: 12.35, memory: { totalBytes: 17_179_869_184n } })
  t.match(await docker.getSystemInfo({}), { engine: { name: 'Memory Engine' }, limits: { ports: '8001-8999' } })
  t.match(await docker.getDockerPorts({}), {
    usedPorts: [8001],
    totalPorts: 999,
    counts: { bound: 1, free: 998 },
    ports: [{ port: 8001, state: 'bound', holder: { name: 'web' } }]
  })
})

t.test('a revoked token ends its streams and its waits', async (t) => {
  const store = openStore(':memory:')
  const headers = bearer(await addToken(store, { name: 'admin', scopes: ['admin'] }))
  const scopes = ['read', 'containers:write'] as const
  const reader = bearer(await addToken(store, { name: 'reader', scopes }))
  const { ask, port } = await buildRpc(t, { store, early: true })
  const docker = createClient(DockerService, transportTo(port, reader))
  await ask('POST', '/containers/-/start', { headers })
  await docker.runDockerContainer({ name: 'web' })

  const open = [
    all(docker.streamDockerEvents({})),
    all(docker.streamAllDockerStats({})),
    all(docker.streamDockerLogs({ name: 'web', follow: true })),
    docker.waitDockerContainer({ name: 'web', timeoutSeconds: 300 })
  ].map(refusal)
  // A later call of the same connection has its answer, so the earlier ones have arrived.
  await docker.inspectDockerContainer({ name: 'web' })
  t.equal((await ask('DELETE', '/tokens/reader', { headers })).statusCode, 200)
  for (const ended of open) t.match(await ended, { status: 'Unauthenticated', reason: 'UNAUTHORIZED' })
})
