import http from 'node:http'
import net from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { cannotHold, createWaiting, holds, type Condition, type WaitRequest } from '../../../src/containers/wait.ts'
import type { ContainerRecord, ContainerState } from '../../../src/engine/contract/containers.ts'
import type { LogLine } from '../../../src/engine/contract/workloads.ts'
import { fakeEngine } from '../../helpers/fake-engine.ts'
import { fakeInventory } from '../../helpers/fake-inventory.ts'
import { binding, container, idOf } from '../../helpers/records.ts'

// The deadlines in the code under test do not keep a process alive, as a listening server does.
const alive = setInterval(() => {}, 1_000)
t.teardown(() => clearInterval(alive))

function setUp(records: ContainerRecord[], said: string[] = []) {
  const inventory = fakeInventory(records)
  async function* lines(): AsyncGenerator<LogLine> {
    for (const text of said) yield { stream: 'stderr', time: '', text }
  }
  const waiting = createWaiting({
    inventory,
    engine: fakeEngine({ containerLogs: () => lines() }),
    probeHost: undefined
  })
  const waitFor = (condition: Condition, given: Partial<WaitRequest> = {}) =>
    waiting.waitFor(idOf('web'), {
      condition,
      path: '/',
      timeoutMs: 5_000,
      signal: new AbortController().signal,
      ...given
    })
  return { inventory, waitFor }
}

async function listen(t: Test, server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as net.AddressInfo).port
}

t.test('the states that end each wait', async (t) => {
  const states: ContainerState[] = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']
  const table: Record<string, { holds: ContainerState[]; fails: ContainerState[] }> = {
    running: { holds: ['running'], fails: ['exited', 'dead'] },
    exited: { holds: ['exited', 'dead'], fails: [] },
    removed: { holds: [], fails: [] },
    port: { holds: [], fails: ['exited', 'dead'] },
    http: { holds: [], fails: ['exited', 'dead'] }
  }
  for (const [condition, expected] of Object.entries(table)) {
    const met = (rule: typeof holds) => states.filter((state) => rule(container({ state }), condition as Condition))
    t.strictSame(met(holds), expected.holds, `${condition} holds`)
    t.strictSame(met(cannotHold), expected.fails, `${condition} can no longer become true`)
  }
  t.ok(holds(container({ health: 'healthy' }), 'healthy'))
  t.notOk(holds(container({ health: 'starting' }), 'healthy'))
  t.notOk(holds(container({ health: 'healthy', state: 'paused' }), 'healthy'))
})

t.test('returns at once if the condition holds', async (t) => {
  const { waitFor, inventory } = setUp([container()])
  t.match(await waitFor('running'), { name: 'web' })
  t.equal(inventory.watcherCount(), 0, 'and leaves no listener')
})

t.test('a change ends the wait when it comes', async (t) => {
  const table: [condition: Condition, before: Partial<ContainerRecord>, after: Partial<ContainerRecord>][] = [
    ['running', { state: 'created' }, { state: 'running' }],
    ['exited', { state: 'running' }, { state: 'exited', exitCode: 0 }],
    ['healthy', { health: 'starting' }, { health: 'healthy' }]
  ]
  for (const [condition, before, after] of table) {
    const { waitFor, inventory } = setUp([container(before)])
    const waiting = waitFor(condition)
    inventory.put(container({ name: 'another', ...after }))
    inventory.put(container(before))
    inventory.put(container(after))
    t.match(await waiting, { name: 'web', ...after }, condition)
    t.equal(inventory.watcherCount(), 0)
  }
})

t.test('removal', async (t) => {
  t.test('can be waited for', async (t) => {
    const { waitFor, inventory } = setUp([container()])
    const waiting = waitFor('removed')
    inventory.removed(idOf('web'))
    t.equal(await waiting, undefined)
    t.equal(await waitFor('removed'), undefined, 'even if the container is already gone')
  })

  t.test('ends every other wait', async (t) => {
    for (const condition of ['running', 'exited', 'healthy'] as const) {
      const { waitFor, inventory } = setUp([container({ state: 'paused' })])
      const waiting = waitFor(condition)
      inventory.removed(idOf('web'))
      await t.rejects(waiting, { code: 'CONTAINER_NOT_FOUND' })
    }
  })
})

t.test('a workload that ended fails the wait at once, with its exit code and last output', async (t) => {
  const { waitFor, inventory } = setUp([container({ state: 'created' })], ['starting', 'no database'])
  const waiting = waitFor('running')
  inventory.put(container({ state: 'exited', exitCode: 3 }))
  await t.rejects(waiting, {
    code: 'CONTAINER_EXITED',
    message: /^Container web ended with exit code 3\. Its last output:\nstarting\nno database$/,
    facts: { exit_code: 3, oom_killed: false, logs: 'starting\nno database' }
  })
})

t.test('a workload that was killed for its memory says so', async (t) => {
  const { waitFor } = setUp([container({ state: 'exited', exitCode: 137, oomKilled: true })])
  await t.rejects(waitFor('running'), { message: /exit code 137 \(out of memory\)\. It wrote nothing/ })
})

t.test('a container that the engine restarts may still fulfil the wait', async (t) => {
  const { waitFor, inventory } = setUp([container({ state: 'restarting' })])
  const waiting = waitFor('running')
  inventory.put(container({ state: 'running' }))
  t.match(await waiting, { state: 'running' })
})

t.test('waiting for health needs a health check', async (t) => {
  const { waitFor } = setUp([container()])
  await t.rejects(waitFor('healthy'), { code: 'INVALID_REQUEST', fields: [{ field: 'wait' }] })
})

t.test('the error of a timeout names the state', async (t) => {
  const { waitFor } = setUp([container({ health: 'starting' })], ['still starting'])
  await t.rejects(waitFor('healthy', { timeoutMs: 10 }), {
    code: 'WAIT_TIMEOUT',
    message: 'Container web did not reach "healthy" within 0.01 seconds; it is running, starting.',
    facts: { state: 'running', health: 'starting', logs: 'still starting' }
  })
})

t.test('the wait fails once the container is unhealthy', async (t) => {
  const { waitFor } = setUp([container({ health: 'unhealthy' })], ['no database'])
  await t.rejects(waitFor('healthy'), {
    code: 'CONTAINER_UNHEALTHY',
    message: 'The health check of container web fails. Its last output:\nno database',
    facts: { health: 'unhealthy', logs: 'no database' }
  })
})

t.test('a client that goes away ends its wait', async (t) => {
  const { waitFor, inventory } = setUp([container({ state: 'created' })])
  const client = new AbortController()
  const waiting = waitFor('running', { signal: client.signal })
  client.abort()
  await t.rejects(waiting, { code: 'REQUEST_CANCELLED' })
  t.equal(inventory.watcherCount(), 0)
})

t.test('a client that was gone before the wait began does not begin it', async (t) => {
  for (const condition of ['healthy', 'exited', 'removed', 'port'] as const) {
    const { waitFor, inventory } = setUp([container({ health: 'starting' })])
    await t.rejects(waitFor(condition, { signal: AbortSignal.abort() }), { code: 'REQUEST_CANCELLED' }, condition)
    t.equal(inventory.watcherCount(), 0)
  }
})

t.test('waiting for a port', async (t) => {
  const on = (port: number) => [container({ ports: [binding(53, 53, 'udp'), binding(port)] })]

  t.test('ends when a connection stays open', async (t) => {
    const port = await listen(t, net.createServer())
    t.match(await setUp(on(port)).waitFor('port'), { name: 'web' })
  })

  t.test('ends when data arrives', async (t) => {
    const port = await listen(
      t,
      net.createServer((socket) => socket.end('220 ready\r\n'))
    )
    t.match(await setUp(on(port)).waitFor('port'), { name: 'web' })
  })

  t.test('is not fooled by a proxy that hangs up at once', async (t) => {
    const port = await listen(
      t,
      net.createServer((socket) => socket.end())
    )
    await t.rejects(setUp(on(port)).waitFor('port', { timeoutMs: 1_000 }), {
      code: 'WAIT_TIMEOUT',
      message: /it is running, and nobody listens inside the container/
    })
  })

  t.test('continues until something listens', async (t) => {
    const server = net.createServer()
    const port = await listen(t, server)
    await new Promise((resolve) => server.close(resolve))
    const waiting = setUp(on(port)).waitFor('port')
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    t.match(await waiting, { name: 'web' })
  })

  t.test('ends early when the workload does', async (t) => {
    const { waitFor } = setUp([container({ state: 'exited', exitCode: 1, ports: [binding(1)] })])
    await t.rejects(waitFor('port'), { code: 'CONTAINER_EXITED' })
  })

  t.test('needs a published port', async (t) => {
    await t.rejects(setUp([container()]).waitFor('port'), { code: 'INVALID_REQUEST', fields: [{ field: 'wait' }] })
  })
})

t.test('waiting for HTTP', async (t) => {
  t.test('ends at a status below 400', async (t) => {
    let asked = 0
    const paths: (string | undefined)[] = []
    const server = http.createServer((request, answer) => {
      paths.push(request.url)
      answer.writeHead([503, 404, 302][asked++] ?? 200).end('x')
    })
    const port = await listen(t, server)
    t.teardown(() => server.closeAllConnections())
    const { waitFor } = setUp([container({ ports: [binding(port)] })])
    t.match(await waitFor('http', { path: '/ready?x=1' }), { name: 'web' })
    t.strictSame(paths, ['/ready?x=1', '/ready?x=1', '/ready?x=1'])
  })

  t.test('names the last status after the timeout', async (t) => {
    const port = await listen(
      t,
      http.createServer((_request, answer) => answer.writeHead(500).end())
    )
    const { waitFor } = setUp([container({ ports: [binding(port)] })])
    await t.rejects(waitFor('http', { timeoutMs: 1_000 }), { message: /GET \/ is answered with status 500/ })
  })

  t.test('does not end before the timeout if a server stays silent', async (t) => {
    const sockets = new Set<net.Socket>()
    const port = await listen(
      t,
      net.createServer((socket) => sockets.add(socket))
    )
    t.teardown(() => sockets.forEach((socket) => socket.destroy()))
    const { waitFor } = setUp([container({ ports: [binding(port)] })])
    const started = performance.now()
    await t.rejects(waitFor('http', { timeoutMs: 100 }), { code: 'WAIT_TIMEOUT' })
    t.ok(performance.now() - started < 4_000, 'the requested timeout holds, even during a probe')
  })
})

t.test('an answer on the port of an exited container does not count', async (t) => {
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
  const { promise: over, resolve: end } = Promise.withResolvers<void>()
  const port = await listen(
    t,
    http.createServer((_request, answer) => {
      isAsked()
      void over.then(() => answer.end('of somebody else'))
    })
  )
  for (const after of [{ state: 'exited', exitCode: 0 }, { startedAt: '2026-01-01T00:00:09.000Z' }] as const) {
    const { waitFor, inventory } = setUp([container({ ports: [binding(port)] })])
    const waiting = waitFor('http', { timeoutMs: 1_000 })
    await asked
    inventory.put(container({ ports: [binding(port)], ...after }))
    end()
    if ('state' in after) await t.rejects(waiting, { code: 'CONTAINER_EXITED' })
    else t.match(await waiting, after, 'after a restart only an answer of the new run counts')
  }
})
