// A stopped container whose port was given away is recreated on another port.

import t from 'tap'
import type { Test } from 'tap'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { binding } from '../helpers/records.ts'
import { until } from '../helpers/until.ts'

const BODY = {
  name: 'web',
  ports: [{ container_port: 80 }, { container_port: 81 }],
  env: { GREETING: 'hello' },
  labels: { team: 'red' },
  command: ['serve'],
  volumes: [{ source: 'data', target: '/data' }],
  cpus: 0.5,
  ttl_seconds: 3600
}

/** `web` is stopped, and one of its ports, 8001, was taken by another program. */
async function withTakenPort(t: Test) {
  const server = await build(t)
  const before = await server.make(BODY)
  await server.post('/containers/web/stop')
  server.engine.foreignPorts.add(8001)
  return { ...server, before }
}

t.test('start gives it another port and reports it', async (t) => {
  const { post, before, engine } = await withTakenPort(t)
  const answer = await post('/containers/web/start')
  t.equal(answer.statusCode, 200, answer.body)
  const after = answer.json()
  t.match(after, {
    name: 'web',
    state: 'running',
    changed: true,
    message: /80 was on 8001 and is on 8003/,
    replaced: before.full_id,
    ports: { '80/tcp': '127.0.0.1:8003', '81/tcp': '127.0.0.1:8002' }
  })
  t.strictSame(after.changed_port, [{ container_port: 80, protocol: 'tcp', from: 8001, to: 8003 }])
  t.not(after.full_id, before.full_id)
  t.equal(engine.records().length, 1)

  for (const field of ['image', 'labels', 'command', 'volumes', 'limits', 'restart', 'managed', 'expires_at'])
    t.strictSame(after[field], before[field], `${field} is the same`)
  t.match(engine.specs(), [
    { env: { GREETING: 'hello', HOST_PORT: '8003', HOST_PORT_80: '8003', HOST_PORT_81: '8002' } }
  ])
})

t.test('the old id still works, even after a restart of the server', async (t) => {
  const { post, get, before, engine, app } = await withTakenPort(t)
  const { full_id: id } = (await post('/containers/web/start')).json()
  for (const reference of [before.full_id, before.id])
    t.match((await get(`/containers/${reference}`)).json(), { full_id: id, name: 'web' })
  await app.close()
  const again = await build(t, { engine })
  t.match((await again.get(`/containers/${before.id}`)).json(), { full_id: id })
})

t.test('an answer that names another container does not harm that one', async (t) => {
  const { post, engine } = await withTakenPort(t)
  const foreign = engine.add({ name: 'foreign', state: 'exited' })
  const create = engine.createContainer
  engine.createContainer = async (...args) => ({ ...(await create(...args)), id: foreign.id })
  t.match((await post('/containers/web/start')).json(), { name: 'web', state: 'running' })
  t.strictSame(
    engine
      .records()
      .map(({ name, state }) => `${name} ${state}`)
      .sort(),
    ['foreign exited', 'web running']
  )
})

t.test('its files are kept, and move with it', async (t) => {
  const { post, engine, ask } = await withTakenPort(t)
  await post('/containers/web/start')
  t.equal(engine.images.size, 2)
  t.match(engine.specs()[0]?.image, /^berth\/kept:/)
  t.equal((await ask('DELETE', '/containers/web?force=true')).statusCode, 200)
  t.strictSame([...engine.images.keys()], ['base-api-server:latest'])
  t.strictSame([...engine.volumes.keys()], ['data'], 'its named volume stays')
})

t.test('its anonymous volumes move with it, and are removed only with its last container', async (t) => {
  const engine = createMemoryEngine()
  const volume = 'a1'.repeat(32)
  await engine.createVolume(volume, {})
  const server = await build(t, { engine })
  await server.make(BODY)
  await server.post('/containers/web/stop')
  for (const record of engine.records()) record.anonymousVolumes = [volume]
  engine.foreignPorts.add(8001)
  t.equal((await server.post('/containers/web/start')).statusCode, 200)
  for (const { name, args } of engine.calls) if (name === 'removeContainer') t.match(args[1], { volumes: false })
  t.ok(engine.volumes.has(volume))
  await server.ask('DELETE', '/containers/web?force=true')
  t.notOk(engine.volumes.has(volume))
})

t.test('it can be replaced twice', async (t) => {
  const { post, get, before, engine, ask } = await withTakenPort(t)
  const second = (await post('/containers/web/start')).json()
  await post('/containers/web/stop')
  engine.foreignPorts.add(8003)
  const third = (await post('/containers/web/start')).json()
  t.match(third, { replaced: second.full_id, image: 'base-api-server:latest', ports: { '80/tcp': '127.0.0.1:8004' } })
  for (const reference of [before.id, second.id])
    t.match((await get(`/containers/${reference}`)).json(), { id: third.id })
  await ask('DELETE', '/containers/web?force=true')
  t.strictSame([...engine.images.keys()], ['base-api-server:latest'])
})

t.test('a port that another container got in the meantime is not tried', async (t) => {
  const { make, post, engine } = await build(t, { env: { BERTH_PORT_RANGE: '8001-8002' } })
  await make({ name: 'web' })
  await post('/containers/web/stop')
  await make({ name: 'second' })
  await make({ name: 'thief' })
  const starts = engine.writes().filter((name) => name === 'startContainer').length
  problem(t, await post('/containers/web/start'), 409, 'PORT_RANGE_EXHAUSTED')
  t.equal(engine.writes().filter((name) => name === 'startContainer').length, starts)
  t.match(
    engine.records().map(({ name, state }) => `${name} ${state}`),
    ['web exited', 'second running', 'thief running']
  )
  t.strictSame([...engine.images.keys()], ['base-api-server:latest'])
})

t.test('a HOST_PORT set by the request stays', async (t) => {
  const { make, post, engine } = await build(t)
  await make({ name: 'web', env: { HOST_PORT: '80' } })
  await post('/containers/web/stop')
  engine.foreignPorts.add(8001)
  t.match((await post('/containers/web/start')).json(), { changed_port: [{ from: 8001, to: 8002 }] })
  t.match(engine.specs(), [{ env: { HOST_PORT: '80' }, ports: [{ hostPort: 8002 }] }])
})

t.test(
  'a change that waited for a replacement applies to the new container, and the next change waits for it',
  async (t) => {
    const { post, ask, engine, before } = await withTakenPort(t)
    const running: string[] = []
    for (const name of ['stopContainer', 'updateContainer'] as const) {
      const method: (id: string, value: never) => Promise<void> = engine[name]
      Object.assign(engine, {
        async [name](id: string, value: never) {
          running.push(`${name} begins`)
          await new Promise((resolve) => setTimeout(resolve, 20))
          await method(id, value)
          running.push(`${name} ends`)
        }
      })
    }
    const started = post('/containers/web/start')
    const waited = post(`/containers/${before.full_id}/stop`)
    const { full_id: id } = (await started).json()
    const changed = ask('PATCH', `/containers/${id}`, { payload: { memory: 64 * 1024 ** 2 } })
    t.match((await waited).json(), { full_id: id, state: 'exited' })
    t.equal((await changed).statusCode, 200)
    t.strictSame(running, [
      'stopContainer begins',
      'stopContainer ends',
      'updateContainer begins',
      'updateContainer ends'
    ])
  }
)

t.test('a restart gives it another port, too', async (t) => {
  const { post, before } = await withTakenPort(t)
  t.match((await post('/containers/web/restart')).json(), { replaced: before.full_id, state: 'running', changed: true })
})

t.test('after a failure the old container is still there, unchanged', async (t) => {
  const steps: ['commitContainer' | 'createContainer' | 'containerSpec', string][] = [
    ['commitContainer', 'STORAGE_FULL'],
    ['containerSpec', 'ENGINE_FAILED'],
    ['createContainer', 'ENGINE_FAILED']
  ]
  for (const [step, code] of steps) {
    const { post, engine, before, get } = await withTakenPort(t)
    Object.assign(engine, {
      [step]: async () => {
        throw new AppError(code as 'ENGINE_FAILED', 'no')
      }
    })
    t.equal((await post('/containers/web/start')).json().code, code, step)
    t.match(engine.records(), [{ id: before.full_id, name: 'web', state: 'exited' }])
    t.equal(engine.records().length, 1)
    t.strictSame([...engine.images.keys()], ['base-api-server:latest'])
    t.match((await get('/ports')).json().counts, { leased: 0 })
  }
})

t.test('a new container that does not start is removed', async (t) => {
  const { post, engine, before } = await withTakenPort(t)
  const start = engine.startContainer
  engine.startContainer = async (id) => {
    if (id !== before.full_id) throw new AppError('CONTAINER_START_FAILED', 'no')
    return start(id)
  }
  problem(t, await post('/containers/web/start'), 422, 'CONTAINER_START_FAILED')
  t.match(engine.records(), [{ id: before.full_id, name: 'web', state: 'exited' }])
  t.equal(engine.records().length, 1)
})

t.test('the new container stays if the engine removes the old one late', async (t) => {
  const { post, engine, before } = await withTakenPort(t)
  const remove = engine.removeContainer
  let isLate = true
  engine.removeContainer = async (id, options) => {
    if (id !== before.full_id || !isLate) return remove(id, options)
    isLate = false
    throw new AppError('ENGINE_TIMEOUT', 'The engine did not remove the container in time.')
  }
  problem(t, await post('/containers/web/start'), 504, 'ENGINE_TIMEOUT')
  await until(() => engine.records().length === 1, 10_000)
  await remove(before.full_id, { force: true, volumes: false })
  await until(() => engine.records().some(({ name }) => name === 'web'))
  t.match(engine.records(), [{ name: 'web', state: 'running' }])
})

t.test('containers that Berth did not create are not recreated', async (t) => {
  const engine = createMemoryEngine()
  engine.foreignPorts.add(8001)
  engine.add({ name: 'foreign', state: 'exited', ports: [binding(8001)] })
  const { post } = await build(t, { engine, env: { BERTH_MANAGE_FOREIGN: 'true' } })
  problem(t, await post('/containers/foreign/start'), 409, 'PORT_UNAVAILABLE')
  t.notOk(engine.writes().includes('commitContainer'))
})

t.test('a container that the engine can no longer start is recreated on its own ports', async (t) => {
  const stuck = async (t: Test, given: Parameters<typeof build>[1] = {}) => {
    const server = await build(t, given)
    const start = server.engine.startContainer
    const jam = (jammed: string) => {
      server.engine.startContainer = async (id) => {
        if (id === jammed) throw new AppError('CONTAINER_STUCK', 'task 4711: already exists')
        return start(id)
      }
    }
    return { ...server, jam }
  }

  t.test('with its name, settings, files and volumes', async (t) => {
    const { make, post, engine, jam, get } = await stuck(t)
    const before = await make(BODY)
    await post('/containers/web/stop')
    jam(before.full_id)
    const answer = await post('/containers/web/start')
    t.equal(answer.statusCode, 200, answer.body)
    const after = answer.json()
    t.match(after, {
      name: 'web',
      state: 'running',
      message: 'Container started anew, since the engine could no longer start it',
      replaced: before.full_id,
      ports: before.ports as object
    })
    t.notOk('changed_port' in after)
    for (const field of ['image', 'labels', 'command', 'volumes', 'limits', 'restart', 'managed', 'expires_at'])
      t.strictSame(after[field], before[field], `${field} is the same`)
    t.equal(engine.records().length, 1)
    t.match((await get(`/containers/${before.id}`)).json(), { full_id: after.full_id })
  })

  t.test('but not if it is foreign', async (t) => {
    const engine = createMemoryEngine()
    const { id } = engine.add({ name: 'foreign', state: 'exited' })
    const { post, jam } = await stuck(t, { engine, env: { BERTH_MANAGE_FOREIGN: 'true' } })
    jam(id)
    problem(t, await post('/containers/foreign/start'), 502, 'CONTAINER_STUCK')
    t.match(engine.records(), [{ id, state: 'exited' }])
  })
})
