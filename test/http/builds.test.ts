import t from 'tap'
import { Build, BUILD_SCHEMAS } from '../../src/builds/schemas.ts'
import { AppError } from '../../src/errors.ts'
import { createValidator } from '../../src/lib/validator.ts'
import { tarOf, zipOf } from '../helpers/archives.ts'
import { problem } from '../helpers/build.ts'
import { DOCKERFILE, heldEngine, serveBuilds } from '../helpers/build-server.ts'
import { buildForm, formOf, type Part } from '../helpers/form.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { until } from '../helpers/until.ts'

t.test('POST /builds takes a form and answers with the build', async (t) => {
  const { engine, next } = heldEngine()
  const { send, get, ended } = await serveBuilds(t, { engine })
  const fields = {
    image_name: 'team/web',
    image_tag: ['1', '1.2', '1'],
    build_args: '{"A":"1","B":2}',
    build_arg: ['C=x=y', 'A=3'],
    target: 'last',
    platform: 'linux/amd64',
    no_cache: 'true',
    builder: 'classic'
  }
  const answer = await send(buildForm(DOCKERFILE, fields))
  t.equal(answer.statusCode, 202, answer.body)
  const made = answer.json()
  t.equal(answer.headers.location, `/builds/${made.id}`)
  t.match(made, {
    status: 'in_progress',
    image_name: 'team/web',
    references: ['team/web:1', 'team/web:1.2'],
    build_arg_names: ['A', 'B', 'C'],
    context: { kind: 'dockerfile', bytes: 13, entries: 1 },
    build: { status: 'in_progress' },
    push: { status: 'skipped', pushed: [] },
    run: { status: 'skipped', container_id: null },
    links: { self: `/builds/${made.id}`, logs: `/builds/${made.id}/logs` }
  })
  const first = await next(0)
  t.match(first.spec, {
    builder: 'classic',
    tags: ['team/web:1', 'team/web:1.2'],
    buildArgs: { A: '3', B: '2', C: 'x=y' },
    target: 'last',
    platform: 'linux/amd64',
    noCache: true
  })
  first.say('hello')
  first.end()
  const done = await ended(made.id)
  t.match(done, { status: 'completed', image_id: /^sha256:/, build: { status: 'completed', duration_ms: Number } })
  t.notMatch(JSON.stringify(done), /x=y/, 'values are never shown')
  const log = await get(`/builds/${made.id}/logs`)
  t.match(log.headers['content-type'], /^text\/plain/)
  t.equal(log.body, 'hello\nStep 1/1 : FROM scratch\n')
  t.equal((await get(`/builds/${made.id}/logs?offset=6`)).body, 'Step 1/1 : FROM scratch\n')
})

t.test('fields may precede or follow the file, and the file may be any kind of context', async (t) => {
  const { send, ended } = await serveBuilds(t)
  const name = { name: 'image_name', value: 'web' }
  const file = (value: string | Buffer) => ({ name: 'context', value, filename: 'whatever.exe' })
  const inside = { name: 'docker/Dockerfile', content: DOCKERFILE }
  const path = { name: 'dockerfile', value: 'docker/Dockerfile' }
  for (const [parts, kind] of [
    [[file(DOCKERFILE), name], 'dockerfile'],
    [[name, file(await tarOf(inside)), path], 'tar'],
    [[path, name, file(zipOf(inside))], 'zip']
  ] satisfies [Part[], string][]) {
    const answer = await send(formOf(...parts))
    t.match(answer.json(), { context: { kind } }, answer.body)
    t.match(await ended(answer.json().id), { status: 'completed' })
  }
})

t.test('the image policy applies to the base images of a Dockerfile', async (t) => {
  const { send } = await serveBuilds(t, { policy: { images: ['good'] } })
  const ask = (file: string, fields = {}) => send(buildForm(file, { image_name: 'web', ...fields }))
  t.equal((await ask('ARG A=good\nFROM $A')).statusCode, 202)
  for (const [file, fields] of [
    ['FROM evil', {}],
    ['ARG A=good\nFROM $A', { build_arg: 'A=evil' }],
    ['FROM good\nCOPY --from=evil / /', {}]
  ] as const)
    problem(t, await ask(file, fields), 403, 'POLICY_REFUSED')
})

t.test('the list shows each build as GET /builds/{id} does, whatever has changed since the last list', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, get, ask, ended } = await serveBuilds(t, { engine, env: { BERTH_BUILD_CONCURRENCY: '1' } })
  const isBuild = createValidator(BUILD_SCHEMAS).strict(Build)
  const ids: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) ids.push((await submit({ image_name: name })).id)
  const [first = '', second = '', third = ''] = ids
  const changes: [what: string, change: () => unknown][] = [
    ['nothing', () => next(0)],
    ['steps of the one that is worked on', async () => (await next(0)).say('Step 1/2 : FROM scratch')],
    ['a cancelled one', () => ask('POST', `/builds/${third}/cancel`)],
    ['one that is tried again', () => ask('POST', `/builds/${third}/retry`)],
    ['one that is over, and the next', async () => ((await next(0)).end(), await ended(first), await next(1))],
    ['one that failed', async () => ((await next(1)).end(new AppError('BUILD_FAILED', 'no')), await ended(second))],
    ['one less', () => ask('DELETE', `/builds/${first}`)]
  ]
  for (const [what, change] of changes) {
    await change()
    const list = (await get('/builds')).json()
    t.ok(list.length >= 3)
    for (const build of list) {
      const { steps: _steps, ...alone } = (await get(`/builds/${build.id}`)).json()
      t.strictSame(build, alone, what)
      t.ok(isBuild(build), JSON.stringify(isBuild.errors))
    }
  }
})

t.test('GET /builds has filters, pages and queue positions', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, get, ended } = await serveBuilds(t, { engine, env: { BERTH_BUILD_CONCURRENCY: '1' } })
  const names = ['a', 'a', 'b', 'a', 'b']
  const ids: string[] = []
  for (const name of names) ids.push((await submit({ image_name: name })).id)
  const list = async (query = '') => (await get(`/builds${query}`)).json()
  const newest = ids.toReversed()
  t.same(
    (await list()).map(({ id, queue_position: place }: { id: string; queue_position: number }) => [id, place]),
    newest.map((id, index) => [id, [3, 2, 1, 0, null][index]])
  )
  t.same(
    (await list('?image=a')).map((row: { queue_position: number }) => row.queue_position),
    [2, 0, null]
  )
  t.equal((await get(`/builds/${ids[3]}`)).json().queue_position, 2)
  t.same(
    (await list('?status=in_progress')).map(({ id }: { id: string }) => id),
    [ids[0]]
  )
  t.same(await list('?status=failed'), [])
  t.same(await list('?image=nobody'), [])

  const seen: string[] = []
  for (let query: string | undefined = '?limit=2'; query !== undefined;) {
    const answer = await get(`/builds${query}`)
    seen.push(...answer.json().map(({ id }: { id: string }) => id))
    const cursor = answer.headers['x-next-cursor']
    query = cursor === undefined ? undefined : `?limit=2&cursor=${cursor}`
  }
  t.same(seen, newest)
  for (const query of ['?status=new', '?limit=0', '?limit=1001', '?cursor=x', `?cursor=${crypto.randomUUID()}`])
    problem(t, await get(`/builds${query}`), 400, 'INVALID_REQUEST')
  for (const index of ids.keys()) (await next(index)).end()
  for (const id of ids) t.match(await ended(id), { status: 'completed', queue_position: null })
})

t.test('missing builds and invalid ids', async (t) => {
  const { ask } = await serveBuilds(t)
  const routes = [
    ['GET', ''],
    ['GET', '/logs'],
    ['POST', '/retry'],
    ['POST', '/cancel'],
    ['DELETE', '']
  ]
  for (const [method = '', path = ''] of routes) {
    problem(t, await ask(method, `/builds/${crypto.randomUUID()}${path}`), 404, 'BUILD_NOT_FOUND')
    problem(t, await ask(method, `/builds/..%2f..%2fetc${path}`), 400, 'INVALID_REQUEST')
  }
})

t.test('run creates a container from the image, and a retry after its failure repeats only this step', async (t) => {
  const engine = createMemoryEngine()
  const { submit, ended, post } = await serveBuilds(t, { engine })
  const good = await ended((await submit({ run: '{"name":"app","memory":"64m","cpus":1}' })).id)
  t.match(good, { status: 'completed', run: { status: 'completed', container_id: String } })
  const limits = { memoryBytes: 64 * 1024 ** 2, cpus: 1 }
  t.match(engine.records(), [{ name: 'app', image: 'web:latest', state: 'running', limits }])
  const taken = await ended((await submit({ run: '{"name":"app"}' })).id)
  t.match(taken, {
    status: 'failed',
    build: { status: 'completed' },
    run: { status: 'failed', code: 'CONTAINER_NAME_TAKEN' }
  })
  await engine.removeContainer(engine.records()[0]?.id ?? '', { force: true, volumes: true })
  await until(async () => (await post(`/builds/${taken.id}/retry`)).statusCode === 202)
  t.match(await ended(taken.id), { status: 'completed', run: { status: 'completed' } })
  t.equal(engine.records().length, 1)
})

t.test('objects of the form may be JSON parts or files', async (t) => {
  const { ended, engine, send } = await serveBuilds(t)
  const parts: Parameters<typeof formOf>[] = [
    [{ name: 'run', value: '{"name":"one"}', filename: 'run.json', type: 'application/json' }],
    [{ name: 'run', value: '{"name":"two"}', type: 'application/json' }]
  ]
  for (const given of parts) {
    const answer = await send(
      formOf(
        ...given,
        { name: 'image_name', value: 'web' },
        { name: 'file', value: DOCKERFILE, filename: 'Dockerfile' }
      )
    )
    t.equal(answer.statusCode, 202, answer.body)
    await ended(answer.json().id)
  }
  t.strictSame(
    engine
      .records()
      .map(({ name }) => name)
      .toSorted(),
    ['one', 'two']
  )
})
