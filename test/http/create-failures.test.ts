// A failed step of a create leaves nothing: no container, no port, no volume, no row in the store.

import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { leavesNothing } from '../helpers/leaves-nothing.ts'
import { createMemoryEngine, type MemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

const FAILURES: [what: string, breakEngine: (engine: MemoryEngine) => void, status: number, code: string][] = [
  [
    'the engine refuses the create',
    (engine) => {
      engine.createContainer = async () => {
        throw new AppError('INVALID_REQUEST', 'Range of CPUs is from 0.01 to 2.00')
      }
    },
    400,
    'INVALID_REQUEST'
  ],
  [
    'the container cannot start',
    (engine) => {
      engine.startContainer = async () => {
        throw new AppError('CONTAINER_START_FAILED', 'exec: "nope": executable file not found')
      }
    },
    422,
    'CONTAINER_START_FAILED'
  ],
  [
    'the second volume cannot be created',
    (engine) => {
      const create = engine.createVolume
      engine.createVolume = async (name, labels) => {
        if (name === 'logs') throw new AppError('STORAGE_FULL', 'no space left on device')
        return create(name, labels)
      }
    },
    507,
    'STORAGE_FULL'
  ],
  [
    'the container is removed before its first read',
    (engine) => {
      const start = engine.startContainer
      engine.startContainer = async (id) => {
        await start(id)
        await engine.removeContainer(id, { force: true, volumes: true })
      }
    },
    404,
    'CONTAINER_NOT_FOUND'
  ]
]

for (const [what, breakEngine, status, code] of FAILURES) {
  t.test(`it leaves nothing if ${what}`, async (t) => {
    const server = await build(t)
    breakEngine(server.engine)
    const volumes = [
      { source: 'data', target: '/data' },
      { source: 'logs', target: '/logs' }
    ]
    problem(t, await server.post('/containers', { volumes, ttl_seconds: 60 }), status, code)
    await leavesNothing(t, server)
  })
}

t.test('a container that a killed engine can no longer start is recreated', async (t) => {
  const server = await build(t)
  const { engine, post } = server
  const volumes = [{ source: 'data', target: '/data' }]
  const start = engine.startContainer
  let starts = 0
  engine.startContainer = async (id) => {
    if (++starts !== 2) throw new AppError('CONTAINER_STUCK', `task ${id}: already exists`)
    return start(id)
  }
  const answer = await post('/containers', { name: 'web', volumes })
  t.match(answer.json(), { name: 'web', state: 'running' }, answer.body)
  t.equal(engine.records().length, 1)
  t.strictSame([...engine.volumes.keys()], ['data'])
  await server.app.inject({ method: 'DELETE', url: '/containers/web?force=true' })
  engine.volumes.clear()
  problem(t, await post('/containers', { volumes }), 502, 'CONTAINER_STUCK')
  t.equal(starts, 4, 'but only once')
  await leavesNothing(t, server)
})

t.test('an existing volume stays', async (t) => {
  const engine = createMemoryEngine()
  await engine.createVolume('precious', {})
  engine.startContainer = async () => {
    throw new AppError('CONTAINER_START_FAILED', 'no')
  }
  const { post } = await build(t, { engine })
  const volumes = [
    { source: 'precious', target: '/a' },
    { source: 'new', target: '/b' }
  ]
  problem(t, await post('/containers', { volumes }), 422, 'CONTAINER_START_FAILED')
  t.strictSame([...engine.volumes.keys()], ['precious'])
})

t.test('a volume or container whose removal fails after a failed create is removed later', async (t) => {
  for (const method of ['removeVolume', 'removeContainer', 'listVolumes'] as const) {
    const server = await build(t)
    const { engine, post, store } = server
    engine.startContainer = async () => {
      throw new AppError('CONTAINER_START_FAILED', 'no')
    }
    const works = engine[method] as () => Promise<never>
    let calls = 0
    Object.assign(engine, {
      [method]: async (...args: []) => {
        if (++calls === 1) throw new AppError('ENGINE_FAILED', 'not now')
        return works(...args)
      }
    })
    const volumes = [{ source: 'data', target: '/data' }]
    problem(t, await post('/containers', { volumes }), 422, 'CONTAINER_START_FAILED')
    t.equal((await store.intents.all()).length, 1, `${method}: the intent stays`)
    await until(() => engine.records().length + engine.volumes.size === 0, 10_000)
    // The engine may have hung, so Berth remembers the attempt for a while.
    t.equal(engine.records().length, 0)
  }
})

t.test('if the engine goes away in the middle, Berth removes leftovers after its return', async (t) => {
  const server = await build(t)
  const { engine, post, store } = server
  engine.startContainer = async () => {
    engine.goAway()
    throw new AppError('ENGINE_TIMEOUT', 'The engine did not start the container in time.')
  }
  // The error names the failed step, not the failed undo.
  problem(t, await post('/containers'), 504, 'ENGINE_TIMEOUT')
  t.equal(engine.records().length, 1)
  engine.comeBack()
  await until(async () => (await store.intents.all()).length === 0)
  await leavesNothing(t, server)
})

t.test('a create whose client disconnects leaves nothing', async (t) => {
  const server = await build(t)
  const { app, engine } = server
  const isWaiting = Promise.withResolvers<void>()
  const start = engine.startContainer
  engine.startContainer = async (id) => {
    await start(id)
    isWaiting.resolve()
  }
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const client = http.request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/containers',
    headers: { 'content-type': 'application/json' }
  })
  client.on('error', () => {})
  client.end(JSON.stringify({ wait: 'healthy', healthcheck: { test: ['CMD', 'true'] } }))
  await isWaiting.promise
  client.destroy()
  await until(() => engine.records().length === 0)
  await until(async () => (await server.get('/ports')).json().counts.leased === 0)
  await leavesNothing(t, server)
})
