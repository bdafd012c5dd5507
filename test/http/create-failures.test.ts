// If any step of a create fails nothing is left behind: no container, no port, no volume, no word in the store.

import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine, type MemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

type Server = Awaited<ReturnType<typeof build>>

async function leavesNothing(t: Test, { engine, get, store }: Server): Promise<void> {
  t.strictSame(engine.records(), [], 'no container')
  t.strictSame([...engine.volumes.keys()], [], 'no volume')
  const { counts } = (await get('/ports')).json()
  t.match(counts, { leased: 0, bound: 0, parked: 0 }, 'no port')
  t.strictSame(await store.intents.all(), [], 'no attempt')
  t.strictSame(await store.expiries.all(), [], 'no end date')
}

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
    'the container cannot be started',
    (engine) => {
      engine.startContainer = async () => {
        throw new AppError('CONTAINER_START_FAILED', 'exec: "nope": executable file not found')
      }
    },
    422,
    'CONTAINER_START_FAILED'
  ],
  [
    'the second volume cannot be made',
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
    'the container is gone before it was seen',
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
  t.test(`when ${what}`, async (t) => {
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
  t.equal(starts, 4, 'but not again and again')
  await leavesNothing(t, server)
})

t.test('a volume that was there before stays', async (t) => {
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
    t.equal((await store.intents.all()).length, 1, `${method}: it stays written down`)
    await until(() => engine.records().length + engine.volumes.size === 0, 10_000)
    // The engine may have hung: the attempt is remembered for a while.
    t.equal(engine.records().length, 0)
  }
})

t.test('when the workload ends before it is ready, with its exit code and last output', async (t) => {
  const server = await build(t)
  const { engine, post } = server
  const start = engine.startContainer
  engine.startContainer = async (id) => {
    await start(id)
    engine.write(id, 'no database', 'stderr')
    engine.end(id, 3)
  }
  const body = problem(t, await post('/containers', { wait: 'port' }), 422, 'CONTAINER_EXITED')
  t.match(body, { exit_code: 3, oom_killed: false, logs: 'no database', detail: /exit code 3.*no database/s })
  await leavesNothing(t, server)
})

t.test('a short task that exits before the response is not a failure', async (t) => {
  const { engine, make } = await build(t)
  const start = engine.startContainer
  engine.startContainer = async (id) => {
    await start(id)
    engine.end(id, 0)
  }
  t.match(await make({ command: ['true'] }), { state: 'exited', exit_code: 0 })
})

t.test('when it is not ready in time', async (t) => {
  const server = await build(t, { env: { BERTH_PORT_RANGE: '8990-8999' } })
  const answer = await server.post('/containers', {
    wait: 'healthy',
    healthcheck: { test: ['CMD', 'true'] },
    wait_timeout_seconds: 0.1
  })
  const body = problem(t, answer, 504, 'WAIT_TIMEOUT')
  t.match(body, { state: 'running', health: 'starting', retryable: true })
  await leavesNothing(t, server)
})

t.test('when it is to be healthy and has no health check', async (t) => {
  const server = await build(t)
  const body = problem(t, await server.post('/containers', { wait: 'healthy' }), 400, 'INVALID_REQUEST')
  t.match(body.errors, [{ field: 'wait' }])
  await leavesNothing(t, server)
})

t.test('when the answer to the create was lost', async (t) => {
  const lost = (engine: MemoryEngine) => {
    const create = engine.createContainer
    engine.createContainer = async (...args) => {
      await create(...args)
      throw new AppError('ENGINE_TIMEOUT', 'The engine did not create the container in time.')
    }
  }

  t.test('the container is found again by its attempt', async (t) => {
    const { engine, make, store } = await build(t)
    lost(engine)
    t.match(await make({ name: 'web' }), { name: 'web', state: 'running' })
    t.equal(engine.records().length, 1)
    t.strictSame(await store.intents.all(), [])
  })

  t.test('also when the engine answered without saying which container it made', async (t) => {
    const { engine, make, store } = await build(t)
    const create = engine.createContainer
    engine.createContainer = async (...args) => {
      await create(...args)
      throw new AppError('ENGINE_FAILED', 'The engine did not say which container it made.')
    }
    t.match(await make({ name: 'web' }), { name: 'web', state: 'running' })
    t.equal(engine.records().length, 1)
    t.strictSame(await store.intents.all(), [])
  })

  t.test('nothing is done to another container that the answer names', async (t) => {
    const { engine, make, store } = await build(t)
    const foreign = engine.add({ name: 'foreign', state: 'exited' })
    const create = engine.createContainer
    engine.createContainer = async (...args) => ({ ...(await create(...args)), id: foreign.id })
    const made = await make({ name: 'web' })
    t.match(made, { name: 'web', state: 'running' })
    t.not(made.full_id, foreign.id)
    t.strictSame(
      engine.records().map(({ name, state }) => `${name} ${state}`),
      ['foreign exited', 'web running']
    )
    t.strictSame(await store.intents.all(), [])
  })

  t.test('a container that appears after the error is removed with its volume', async (t) => {
    const server = await build(t)
    const { engine, post, store } = server
    const create = engine.createContainer
    const late = Promise.withResolvers<void>()
    engine.createContainer = async (name, spec) => {
      void late.promise.then(() => create(name, spec))
      throw new AppError('ENGINE_TIMEOUT', 'The engine did not create the container in time.')
    }
    const volumes = [{ source: 'data', target: '/data' }]
    problem(t, await post('/containers', { volumes }), 504, 'ENGINE_TIMEOUT')
    t.equal((await store.intents.all()).length, 1)
    t.equal(engine.volumes.size, 0)
    late.resolve()
    await until(async () => (await store.intents.all()).length === 0)
    await leavesNothing(t, server)
  })
})

t.test('a start whose answer was lost is asked for again', async (t) => {
  const { engine, make } = await build(t)
  const start = engine.startContainer
  let starts = 0
  engine.startContainer = async (id) => {
    await start(id)
    if (++starts === 1) throw new AppError('ENGINE_UNAVAILABLE', 'socket hang up')
  }
  t.match(await make(), { state: 'running' })
  t.equal(starts, 2)
})

t.test('if the engine goes away in the middle, leftovers are removed once it is back', async (t) => {
  const server = await build(t)
  const { engine, post, store } = server
  engine.startContainer = async () => {
    engine.goAway()
    throw new AppError('ENGINE_TIMEOUT', 'The engine did not start the container in time.')
  }
  // The step that failed is named, not what could not be taken back after it.
  problem(t, await post('/containers'), 504, 'ENGINE_TIMEOUT')
  t.equal(engine.records().length, 1)
  engine.comeBack()
  await until(async () => (await store.intents.all()).length === 0)
  await leavesNothing(t, server)
})

t.test('when the client goes away', async (t) => {
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
