import t from 'tap'
import type { ErrorCode } from '../../../src/errors.ts'
import { collect } from '../../helpers/collect.ts'
import { engineThat, json, type Answer } from '../../helpers/engine-server.ts'
import { idOf } from '../../helpers/records.ts'
import { until } from '../../helpers/until.ts'

const ID = idOf('web')

t.test('creating', async (t) => {
  const { engine, asked } = await engineThat(t, { 'POST /containers/create': json(201, { Id: ID, Warnings: null }) })
  const made = await engine.createContainer('web', {
    image: 'app:1',
    env: { A: '1' },
    labels: {},
    limits: { memoryBytes: 64, cpus: 1, pids: 9, nofile: null, storageBytes: null, ioWeight: null },
    restart: 'no',
    volumes: [],
    ports: []
  })
  t.strictSame(made, { id: ID, warnings: [] })
  t.match(asked, [{ query: { name: 'web' }, body: { Image: 'app:1', Env: ['A=1'], HostConfig: { Init: true } } }])
})

t.test('an answer to a create without a container id is invalid', async (t) => {
  const spec = { image: 'app:1', env: {}, labels: {}, restart: 'no', volumes: [], ports: [] } as const
  const limits = { memoryBytes: 64, cpus: 1, pids: 9, nofile: null, storageBytes: null, ioWeight: null }
  for (const body of [{}, { Id: '' }, { Id: 7 }, null, [], 'made']) {
    const { engine } = await engineThat(t, { 'POST /containers/create': json(201, body) })
    const made = engine.createContainer('web', { ...spec, limits, volumes: [], ports: [] })
    await t.rejects(made, { code: 'ENGINE_ANSWER_INVALID' }, JSON.stringify(body))
  }
})

t.test('listing by label', async (t) => {
  const row = { Id: ID, Names: ['/web'], Labels: { a: 'b' }, State: 'running', Status: 'Up 2 seconds (healthy)' }
  const { engine, asked } = await engineThat(t, { 'GET /containers/json': json(200, [row]) })
  t.strictSame(await engine.listContainers({ label: 'a=b' }), [
    { id: ID, name: 'web', state: 'running', health: 'healthy' }
  ])
  t.match(asked[0]?.query, { all: '1', filters: '{"label":["a=b"]}' })
})

t.test('a list by label with an entry without the label is invalid', async (t) => {
  for (const Labels of [undefined, null, {}, { a: 'c' }]) {
    const { engine } = await engineThat(t, {
      'GET /containers/json': json(200, [{ Id: ID, Names: ['/web'], Labels, State: 'running' }]),
      'GET /volumes': json(200, { Volumes: [{ Name: 'data', Labels }] })
    })
    const refusal = { code: 'ENGINE_ANSWER_INVALID' }
    await t.rejects(engine.listContainers({ label: 'a=b' }), refusal, JSON.stringify(Labels))
    await t.rejects(engine.listVolumes({ label: 'a=b' }), refusal, JSON.stringify(Labels))
  }
})

t.test('starting a running container and stopping a stopped one succeed', async (t) => {
  const unchanged: Answer = (_asked, answer) => answer.writeHead(304).end()
  const { engine, asked } = await engineThat(t, {
    [`POST /containers/${ID}/start`]: unchanged,
    [`POST /containers/${ID}/stop`]: unchanged
  })
  await engine.startContainer(ID)
  await engine.stopContainer(ID, 3)
  t.match(asked[1]?.query, { t: '3' })
})

t.test('removing a missing object reports it', async (t) => {
  const gone = json(404, { message: `No such container: ${ID}` })
  const { engine, asked } = await engineThat(t, { [`DELETE /containers/${ID}`]: gone })
  t.equal(await engine.removeContainer(ID, { force: true, volumes: false }), false)
  t.match(asked[0]?.query, { force: '1', v: '0' })
})

t.test('a volume', async (t) => {
  const { engine } = await engineThat(t, {
    // The filter of the engine also matches parts of names.
    'GET /volumes': json(200, { Volumes: [{ Name: 'database' }] }),
    'DELETE /volumes/data': json(404, { message: 'get data: no such volume' }),
    'DELETE /volumes/database': json(409, { message: 'remove database: volume is in use - [x]' })
  })
  t.notOk(await engine.findVolume('data'))
  t.ok(await engine.findVolume('database'))
  t.equal(await engine.removeVolume('data'), false)
  await t.rejects(engine.removeVolume('database'), { code: 'VOLUME_IN_USE', message: /in use/ })
})

t.test('pulling', async (t) => {
  const done = '{"status":"Pulling from x","id":"1"}\n{"status":"Status: Downloaded newer image for x"}\n'
  const table: [reference: string, asked: string][] = [
    ['shop/web', 'shop/web:latest'],
    ['shop/web:2', 'shop/web:2'],
    ['localhost:5000/web', 'localhost:5000/web:latest'],
    [
      'web@sha256:abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0',
      'web@sha256:abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0'
    ]
  ]
  for (const [reference, expected] of table) {
    const { engine, asked } = await engineThat(t, {
      'POST /images/create': (_asked, answer) => answer.writeHead(200).end(done)
    })
    await engine.pullImage(reference)
    t.equal(asked[0]?.query.fromImage, expected, 'one tag, not all of them')
  }
  const broken = await engineThat(t, {
    'POST /images/create': (_asked, answer) => answer.writeHead(200).end('{"status":"Pulling from x"}\n')
  })
  await t.rejects(broken.engine.pullImage('x'), { code: 'ENGINE_FAILED' })
})

t.test('a missing container differs from an unreadable one', async (t) => {
  const engineWith = async (status: number, body: unknown) => {
    const answers = { [`GET /containers/${ID}/json`]: json(status, body), 'GET /images/web/json': json(status, body) }
    return (await engineThat(t, answers)).engine
  }
  t.equal(await (await engineWith(404, { message: 'No such container: web' })).inspectContainer(ID), undefined)
  t.equal(await (await engineWith(404, { message: 'No such image: web' })).inspectImage('web'), undefined)
  const unread: [status: number, body: unknown, code: ErrorCode][] = [
    [404, { message: 'page not found' }, 'ENGINE_UNSUPPORTED'],
    [500, { message: 'layer store is corrupt' }, 'ENGINE_FAILED'],
    [200, {}, 'ENGINE_ANSWER_INVALID'],
    [200, null, 'ENGINE_ANSWER_INVALID']
  ]
  for (const [status, body, code] of unread) {
    const engine = await engineWith(status, body)
    await t.rejects(async () => void (await engine.inspectContainer(ID)), { code })
    await t.rejects(async () => void (await engine.inspectImage('web')), { code })
  }
})

t.test('an image whose name has slashes and a digest', async (t) => {
  const image = { Id: 'sha256:x', RepoTags: null, Config: { ExposedPorts: { '80/tcp': {} } } }
  const { engine } = await engineThat(t, {
    'GET /images/localhost:5000/shop/web@sha256:abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0/json':
      json(200, image)
  })
  t.match(
    await engine.inspectImage(
      'localhost:5000/shop/web@sha256:abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0'
    ),
    { tags: [], exposedPorts: [{ port: 80 }] }
  )
})

t.test('output', async (t) => {
  const frame = (text: string) => Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)])
  const { engine, asked } = await engineThat(t, {
    [`GET /containers/${ID}/logs`]: (_asked, answer) => answer.writeHead(200).end(frame('2026-01-01T00:00:00Z hello\n'))
  })
  const query = { stdout: true, stderr: false, follow: false, tail: 5, since: '1.5' }
  t.strictSame(await collect(engine.containerLogs(ID, false, query)), [
    { stream: 'stdout', time: '2026-01-01T00:00:00Z', text: 'hello' }
  ])
  t.strictSame(asked[0]?.query, { stdout: '1', stderr: '0', follow: '0', timestamps: '1', tail: '5', since: '1.5' })
})

t.test('a reader that stops ends the engine’s stream', async (t) => {
  let isClosed = false
  const { engine } = await engineThat(t, {
    'GET /events': (_asked, answer) => {
      answer.on('close', () => (isClosed = true))
      answer.writeHead(200)
      answer.write(`${JSON.stringify({ Type: 'container', Action: 'start', Actor: { ID }, timeNano: 5 })}\n`)
    }
  })
  for await (const event of await engine.events(undefined, new AbortController().signal)) {
    t.match(event, { type: 'container', action: 'start', id: ID, attributes: {}, timeNano: 5 })
    break
  }
  await until(() => isClosed)
})

t.test('a removal is a destroy event, even if the engine calls it remove', async (t) => {
  const events = ['destroy', 'remove'].map((Action) => ({ Type: 'container', Action, Actor: { ID }, timeNano: 5 }))
  const { engine } = await engineThat(t, {
    'GET /events': (_asked, answer) => {
      answer.writeHead(200)
      answer.end(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    }
  })
  const seen = await Array.fromAsync(await engine.events(undefined, new AbortController().signal))
  t.strictSame(
    seen.map(({ action }) => action),
    ['destroy', 'destroy']
  )
})

t.test('processes', async (t) => {
  const { engine } = await engineThat(t, {
    [`GET /containers/${ID}/top`]: json(200, { Titles: ['PID'], Processes: null })
  })
  t.strictSame(await engine.containerProcesses(ID), { titles: ['PID'], processes: [] })
})
