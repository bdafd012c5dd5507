import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Build, BUILD_SCHEMAS } from '../../src/builds/schemas.ts'
import type { BuildProgress, BuildSpec } from '../../src/engine/engine.ts'
import { AppError } from '../../src/errors.ts'
import { createValidator } from '../../src/lib/validator.ts'
import { tarOf, zipOf } from '../helpers/archives.ts'
import { build as buildServer, problem } from '../helpers/build.ts'
import { createMemoryEngine } from '../helpers/fake-engine.ts'
import { buildForm, FORM_TYPE, formOf, type Part } from '../helpers/form.ts'
import { openEvents } from '../helpers/sse.ts'
import { until } from '../helpers/until.ts'
import { makeFolder } from '../helpers/folder.ts'

const DOCKERFILE = 'FROM scratch\n'
const SENT = { 'content-type': FORM_TYPE }

type Held = { spec: BuildSpec; signal: AbortSignal; say(line: string): void; end(error?: unknown): void }

/** Builds go on until the test ends them. */
function heldEngine() {
  const engine = createMemoryEngine()
  const held: Held[] = []
  const finish = engine.buildImage
  engine.buildImage = async function* (spec, context, signal): AsyncGenerator<BuildProgress> {
    const queue: (BuildProgress | { error: unknown } | 'end')[] = []
    let wake = () => {}
    const push = (item: (typeof queue)[number]) => {
      queue.push(item)
      wake()
    }
    signal.addEventListener('abort', () => push({ error: signal.reason }))
    held.push({ spec, signal, say: (line) => push({ line }), end: (error) => push(error ? { error } : 'end') })
    for (;;) {
      const item = queue.shift()
      if (item === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else if (item === 'end') return yield* finish(spec, context, signal)
      else if ('error' in item) throw item.error
      else yield item
    }
  }
  return { engine, held, next: async (index: number) => (await until(() => held.length > index), held[index] as Held) }
}

async function serve(t: Test, options: Parameters<typeof buildServer>[1] = {}) {
  const dataDir = makeFolder('data')
  const server = await buildServer(t, { ...options, env: { BERTH_DATA_DIR: dataDir, ...options.env } })
  t.teardown(() => rmSync(dataDir, { recursive: true }))
  const send = (payload: Buffer, headers: Record<string, string> = SENT) =>
    server.ask('POST', '/builds', { payload, headers })
  return {
    ...server,
    send,
    /** Of builds and uploads. */
    folders: () => readdirSync(join(dataDir, 'builds')),
    submit: async (fields: Record<string, string | string[]> = {}, file: string | Buffer = DOCKERFILE) => {
      const answer = await send(buildForm(file, { image_name: 'web', ...fields }))
      if (answer.statusCode !== 202) throw new Error(answer.body)
      return answer.json()
    },
    ended: async (id: string) => {
      let build: ReturnType<typeof JSON.parse>
      await until(async () => {
        build = (await server.get(`/builds/${id}`)).json()
        return build.finished_at !== null
      })
      return build
    }
  }
}

t.test('POST /builds takes a form and answers with the build', async (t) => {
  const { engine, next } = heldEngine()
  const { send, get, ended } = await serve(t, { engine })
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

t.test('fields may stand before and after the file, and the file may be any kind of context', async (t) => {
  const { send, ended } = await serve(t)
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

t.test('what POST /builds refuses leaves nothing behind', async (t) => {
  const { send, get, engine, folders } = await serve(t, { env: { BERTH_BUILD_UPLOAD_MAX: '100k' } })
  const name = { name: 'image_name', value: 'web' }
  const file = { name: 'file', value: DOCKERFILE, filename: 'Dockerfile' }
  const field = (called: string, value: string): Part[] => [name, { name: called, value }, file]
  const whole = formOf(name, file)
  const noDockerfile = await tarOf({ name: 'a' })
  const cases: [why: string, body: Buffer, status: number, code: string, detail: RegExp, type?: string][] = [
    ['JSON', Buffer.from('{}'), 415, 'UNSUPPORTED_MEDIA_TYPE', /multipart\/form-data/, 'application/json'],
    ['no boundary', whole, 400, 'INVALID_REQUEST', /form cannot be read/, 'multipart/form-data'],
    ['another boundary', whole, 400, 'INVALID_REQUEST', /form cannot be read/, 'multipart/form-data; boundary=x'],
    ['nothing', Buffer.alloc(0), 400, 'INVALID_REQUEST', /file is missing|form cannot be read/],
    ['no file', formOf(name), 400, 'INVALID_REQUEST', /file is missing/],
    ['a file as a field', formOf(name, { name: 'file', value: DOCKERFILE }), 400, 'INVALID_REQUEST', /file/],
    ['two files', formOf(name, file, file), 400, 'INVALID_REQUEST', /file may be given once/],
    ['two files of two names', formOf(name, file, { ...file, name: 'context' }), 400, 'INVALID_REQUEST', /once/],
    [
      'a file of another name',
      formOf(name, { ...file, name: 'x' }),
      400,
      'INVALID_REQUEST',
      /x is no file of this form/
    ],
    ['no name', formOf(file), 400, 'INVALID_REQUEST', /image_name/],
    ['an unknown field', formOf(...field('colour', 'red')), 400, 'INVALID_REQUEST', /colour/],
    ['a bad name', formOf({ name: 'image_name', value: 'Web' }, file), 400, 'INVALID_REQUEST', /image_name/],
    ['a name with a tag', formOf({ name: 'image_name', value: 'web:1' }, file), 400, 'INVALID_REQUEST', /image_name/],
    ['two names', formOf(name, name, file), 400, 'INVALID_REQUEST', /image_name/],
    ['a bad tag', formOf(...field('image_tag', '-x')), 400, 'INVALID_REQUEST', /image_tag/],
    [
      '17 tags',
      formOf(name, file, ...Array.from({ length: 17 }, (_n, i) => ({ name: 'image_tag', value: `${i}` }))),
      400,
      'INVALID_REQUEST',
      /image_tag/
    ],
    ['a bad flag', formOf(...field('no_cache', 'perhaps')), 400, 'INVALID_REQUEST', /no_cache/],
    ['a bad builder', formOf(...field('builder', 'kaniko')), 400, 'INVALID_REQUEST', /builder/],
    ['a bad target', formOf(...field('target', 'a b')), 400, 'INVALID_REQUEST', /target/],
    ['a bad platform', formOf(...field('platform', 'linux amd64')), 400, 'INVALID_REQUEST', /platform/],
    ['bad JSON', formOf(...field('build_args', '{')), 400, 'INVALID_REQUEST', /build_args must be a JSON object/],
    ['JSON that is a list', formOf(...field('build_args', '[]')), 400, 'INVALID_REQUEST', /build_args/],
    ['a bad argument name', formOf(...field('build_args', '{"1":"x"}')), 400, 'INVALID_REQUEST', /build_args/],
    ['an argument without a value', formOf(...field('build_arg', 'A')), 400, 'INVALID_REQUEST', /NAME=value/],
    ['a bad run', formOf(...field('run', '{"memory":"lots"}')), 400, 'INVALID_REQUEST', /memory/],
    ['a run of another image', formOf(...field('run', '{"image":"x"}')), 400, 'INVALID_REQUEST', /image/],
    ['a bad registry', formOf(...field('registry', 'http://a/b')), 400, 'INVALID_REQUEST', /registry/],
    [
      'a registry Docker takes for a name',
      formOf(...field('registry', 'registry')),
      400,
      'INVALID_REQUEST',
      /registry needs a port or a dot/
    ],
    ['a password alone', formOf(...field('registry_password', 'x')), 400, 'INVALID_REQUEST', /registry_username/],
    ['a prototype', formOf(...field('__proto__', 'x')), 400, 'INVALID_REQUEST', /./],
    [
      'a huge field',
      formOf(...field('build_args', `{"A":"${'x'.repeat(300_000)}"}`)),
      400,
      'INVALID_REQUEST',
      /longer than/
    ],
    [
      'many fields',
      formOf(name, file, ...Array.from({ length: 300 }, () => ({ name: 'build_arg', value: 'A=1' }))),
      400,
      'INVALID_REQUEST',
      /more than 200 fields/
    ],
    [
      'cut off in the file',
      whole.subarray(0, whole.indexOf('FROM') + 6),
      400,
      'INVALID_REQUEST',
      /form cannot be read/
    ],
    ['cut off in a field', whole.subarray(0, whole.indexOf('web') + 1), 400, 'INVALID_REQUEST', /form cannot be read/],
    ['cut off in the last line', whole.subarray(0, whole.length - 6), 400, 'INVALID_REQUEST', /form cannot be read/],
    ['too large', buildForm(Buffer.alloc(200_000, 'x')), 413, 'BODY_TOO_LARGE', /larger than 102400 bytes/],
    [
      'no Dockerfile',
      buildForm('hello world\n', { image_name: 'web' }),
      400,
      'INVALID_CONTEXT',
      /"hello" is not an instruction/
    ],
    [
      'none in the context',
      buildForm(noDockerfile, { image_name: 'web' }),
      400,
      'INVALID_CONTEXT',
      /no file "Dockerfile"/
    ],
    [
      'a Dockerfile outside',
      buildForm(noDockerfile, { image_name: 'web', dockerfile: '../x' }),
      400,
      'INVALID_CONTEXT',
      /leads out/
    ],
    [
      'a hostile context',
      buildForm(await tarOf({ name: '../x' }), { image_name: 'web' }),
      400,
      'INVALID_CONTEXT',
      /leads out/
    ]
  ]
  for (const [why, body, status, code, detail, type] of cases) {
    const answer = await send(body, { 'content-type': type ?? FORM_TYPE })
    const refused = problem(t, answer, status, code)
    t.match(refused.detail, detail, why)
    t.same(folders(), [], `${why}: nothing is left`)
  }
  t.same((await get('/builds')).json(), [])
  t.same(engine.writes(), [])
})

t.test('a policy of images holds for what a Dockerfile is built on', async (t) => {
  const { send } = await serve(t, { policy: { images: ['good'] } })
  const ask = (file: string, fields = {}) => send(buildForm(file, { image_name: 'web', ...fields }))
  t.equal((await ask('ARG A=good\nFROM $A')).statusCode, 202)
  for (const [file, fields] of [
    ['FROM evil', {}],
    ['ARG A=good\nFROM $A', { build_arg: 'A=evil' }],
    ['FROM good\nCOPY --from=evil / /', {}]
  ] as const)
    problem(t, await ask(file, fields), 403, 'POLICY_REFUSED')
})

t.test('a list says of each build what the build says itself, whatever has changed since the last list', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, get, ask, ended } = await serve(t, { engine, env: { BERTH_BUILD_CONCURRENCY: '1' } })
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

t.test('GET /builds: filters, pages, places in the queue', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, get, ended } = await serve(t, { engine, env: { BERTH_BUILD_CONCURRENCY: '1' } })
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

t.test('builds that are not there, and ids that are none', async (t) => {
  const { ask } = await serve(t)
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

t.test('retry, cancel and delete in every state', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, ask, get, post, ended } = await serve(t, { engine, env: { BERTH_BUILD_CONCURRENCY: '1' } })
  const { id } = await submit()
  const waiting = await submit()
  const first = await next(0)

  // In progress and waiting.
  for (const one of [id, waiting.id]) {
    problem(t, await post(`/builds/${one}/retry`), 409, 'BUILD_RUNNING')
    problem(t, await ask('DELETE', `/builds/${one}`), 409, 'BUILD_RUNNING')
  }

  // Cancelled while it waits; the other is cancelled while it is worked on.
  t.match((await post(`/builds/${waiting.id}/cancel`)).json(), { status: 'cancelled', build: { status: 'cancelled' } })
  first.say('so far')
  await until(async () => (await get(`/builds/${id}/logs`)).body === 'so far\n')
  const cancelled = await post(`/builds/${id}/cancel`)
  t.match(cancelled.json(), { status: 'cancelled', build: { status: 'cancelled', reason: 'It was cancelled.' } })
  t.ok(first.signal.aborted, 'the engine is told to stop')
  t.equal((await get(`/builds/${id}/logs`)).body, 'so far\nCANCELLED\n')
  problem(t, await post(`/builds/${id}/cancel`), 409, 'BUILD_FINISHED')

  // Begun again, and failed.
  const again = await post(`/builds/${id}/retry`)
  t.equal(again.statusCode, 202)
  t.match(again.json(), { finished_at: null, build: { reason: null } })
  ;(await next(1)).end(new AppError('BUILD_FAILED', '[2/2] RUN x: exit code: 1'))
  t.match(await ended(id), {
    status: 'failed',
    build: { status: 'failed', code: 'BUILD_FAILED', reason: '[2/2] RUN x: exit code: 1', retryable: false },
    push: { status: 'skipped' }
  })
  t.match((await get(`/builds/${id}/logs`)).body, /\nFAILED: \[2\/2\] RUN x: exit code: 1\n$/)
  problem(t, await post(`/builds/${id}/cancel`), 409, 'BUILD_FINISHED')
  problem(t, await post(`/builds/${id}/retry`, { registry_username: 'x' }), 400, 'INVALID_REQUEST')
  problem(t, await post(`/builds/${id}/retry`, { colour: 'x' }), 400, 'INVALID_REQUEST')
  t.match((await get(`/builds/${id}`)).json(), { status: 'failed' }, 'a retry that was refused changes nothing')

  // Begun again, and completed.
  t.equal((await post(`/builds/${id}/retry`)).statusCode, 202)
  ;(await next(2)).end()
  t.match(await ended(id), { status: 'completed' })
  problem(t, await post(`/builds/${id}/retry`), 409, 'BUILD_NOT_FAILED')
  problem(t, await post(`/builds/${id}/cancel`), 409, 'BUILD_FINISHED')

  // Removed with its image.
  const removed = await ask('DELETE', `/builds/${id}`)
  t.match(removed.json(), { id, images_removed: ['web:latest'], images_kept: [] })
  problem(t, await get(`/builds/${id}`), 404, 'BUILD_NOT_FOUND')
  problem(t, await get(`/builds/${id}/logs`), 404, 'BUILD_NOT_FOUND')

  // Removed while it is worked on.
  const last = await submit()
  const held = await next(3)
  t.equal((await ask('DELETE', `/builds/${last.id}?force=true`)).statusCode, 200)
  t.ok(held.signal.aborted)
  problem(t, await get(`/builds/${last.id}`), 404, 'BUILD_NOT_FOUND')
})

t.test('retry and delete at the very moment of the end', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, app, ask, post, get } = await serve(t, { engine })
  for (const verb of ['retry', 'delete'] as const) {
    const index = verb === 'retry' ? 0 : 2
    const { id } = await submit()
    const held = await next(index)
    const events = await openEvents(t, app, `/builds/${id}/logs?follow=true`)
    held.end(new AppError('BUILD_FAILED', 'no'))
    await until(() => events.events.some(({ event }) => event === 'end'))
    const answer =
      verb === 'retry' ? await post(`/builds/${id}/retry`) : await ask('DELETE', `/builds/${id}?keep_image=true`)
    t.equal(answer.statusCode, verb === 'retry' ? 202 : 200, answer.body)
    if (verb === 'retry') {
      ;(await next(1)).end()
      await until(async () => (await get(`/builds/${id}`)).json().status === 'completed')
    }
  }
})

t.test('the image of a build stays when another build made it too, or when asked', async (t) => {
  const { submit, ended, ask, engine } = await serve(t)
  const [one, two] = [await submit(), await submit()]
  for (const { id } of [one, two]) await ended(id)
  t.match((await ask('DELETE', `/builds/${one.id}`)).json(), {
    images_removed: [],
    images_kept: [{ reference: 'web:latest', reason: /Another build/ }]
  })
  t.match((await ask('DELETE', `/builds/${two.id}?keep_image=true`)).json(), { images_removed: [], images_kept: [] })
  t.ok(await engine.inspectImage('web:latest'))
  const three = await submit()
  await ended(three.id)
  t.match((await ask('DELETE', `/builds/${three.id}`)).json(), { images_removed: ['web:latest'] })
})

t.test('an image that the engine does not give up is kept, and said so', async (t) => {
  const engine = createMemoryEngine()
  const { submit, ended, ask } = await serve(t, { engine })
  const { id } = await submit()
  await ended(id)
  engine.removeImage = async () => {
    throw new AppError('IMAGE_IN_USE', 'A container uses it.')
  }
  const { statusCode, body } = await ask('DELETE', `/builds/${id}`)
  t.equal(statusCode, 200, body)
  t.match(JSON.parse(body), { images_removed: [], images_kept: [{ reference: 'web:latest', reason: /uses it/ }] })
})

t.test('a log is followed as it comes, and again from where it broke off', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, app, ended, get } = await serve(t, { engine })
  const { id } = await submit()
  const held = await next(0)
  const early = await openEvents(t, app, `/builds/${id}/logs`, { accept: 'text/event-stream' })
  held.say('one')
  held.say('zwei 漢🐳')
  const [first, second] = await early.first(2)
  t.match(
    [first, second],
    [
      { event: 'line', data: { line: 'one' } },
      { event: 'line', data: { line: 'zwei 漢🐳' } }
    ]
  )
  early.close()
  held.say('three')
  const later = await openEvents(t, app, `/builds/${id}/logs?follow=true`, { 'last-event-id': first?.id ?? '' })
  held.end()
  const all = await later.all()
  t.match(all, [
    { data: { line: 'zwei 漢🐳' }, id: second?.id ?? '' },
    { data: { line: 'three' } },
    { data: { line: 'Step 1/1 : FROM scratch' } },
    { event: 'end', data: { reason: 'the build is over', status: 'completed', build: 'completed', push: 'skipped' } }
  ])
  t.equal(all.length, 4)
  await ended(id)
  const late = await openEvents(t, app, `/builds/${id}/logs?follow=true`)
  t.equal((await late.all()).length, 5)
  const pastTheEnd = await openEvents(t, app, `/builds/${id}/logs?follow=true`, { 'last-event-id': all[2]?.id ?? '' })
  t.same(
    (await pastTheEnd.all()).map(({ event }) => event),
    ['end']
  )
  for (const query of ['offset=-1', 'offset=x', 'offset=1e30', 'follow=maybe'])
    problem(t, await get(`/builds/${id}/logs?${query}`), 400, 'INVALID_REQUEST')
  t.equal((await get(`/builds/${id}/logs?offset=${Number.MAX_SAFE_INTEGER}`)).body, '')
  const bad = await get(`/builds/${id}/logs`, { headers: { 'last-event-id': 'x' } })
  problem(t, bad, 400, 'INVALID_REQUEST')
})

t.test('the engine is away: builds are taken in and wait; gone in the middle, they are taken up again', async (t) => {
  const { engine, next } = heldEngine()
  engine.goAway()
  const { submit, get, ended } = await serve(t, { engine, early: true })
  const { id } = await submit()
  t.match((await get(`/builds/${id}`)).json(), { status: 'pending', queue_position: 0 })
  engine.comeBack()
  const first = await next(0)
  first.say('begun')
  engine.goAway()
  first.end(new AppError('ENGINE_UNAVAILABLE', 'The engine went away.'))
  await until(async () => (await get(`/builds/${id}`)).json().status === 'pending')
  engine.comeBack()
  ;(await next(1)).end()
  t.match(await ended(id), { status: 'completed' })
  t.match(
    (await get(`/builds/${id}/logs`)).body,
    /^begun\nINTERRUPTED: The engine went away\. It is taken up again\.\n/
  )
})

t.test('a full queue', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, send, held } = {
    ...(await serve(t, { engine, env: { BERTH_BUILD_CONCURRENCY: '1', BERTH_BUILD_QUEUE_MAX: '2' } })),
    held: next
  }
  for (let count = 0; count < 3; count++) await submit()
  const answer = await send(buildForm(DOCKERFILE, { image_name: 'web' }))
  problem(t, answer, 503, 'BUILD_QUEUE_FULL')
  t.equal(answer.headers['retry-after'], '30')
  ;(await held(0)).end()
})

t.test('run makes a container of what was built; when that fails, only that is tried again', async (t) => {
  const engine = createMemoryEngine()
  const { submit, ended, post } = await serve(t, { engine })
  const good = await ended((await submit({ run: '{"name":"app","memory":67108864}' })).id)
  t.match(good, { status: 'completed', run: { status: 'completed', container_id: String } })
  t.match(engine.records(), [{ name: 'app', image: 'web:latest', state: 'running' }])
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

t.test('a refused upload is answered while the client still sends, and hears of it', async (t) => {
  const { app } = await serve(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const form = buildForm(Buffer.concat([await tarOf({ name: '/absolute' }), Buffer.alloc(20_000_000, 1)]), {
    image_name: 'web'
  })
  const agent = new http.Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const request = http.request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: '/builds',
    headers: SENT,
    agent
  })
  request.end(form)
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
  t.equal(answer.statusCode, 400)
})

t.test('a client that goes away in the middle of its upload leaves nothing', async (t) => {
  const { app, get, folders } = await serve(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const tar = await tarOf({ name: 'a', content: Buffer.alloc(3_000_000, 7) })
  for (const file of [tar, zipOf({ name: 'a', content: Buffer.alloc(3_000_000, 7), isPacked: false })]) {
    const form = buildForm(file, { image_name: 'web' })
    const headers = { ...SENT, 'content-length': form.length }
    const request = http.request({ host: '127.0.0.1', port, method: 'POST', path: '/builds', headers, agent: false })
    request.on('error', () => {})
    request.write(form.subarray(0, 2_000_000))
    await until(() => folders().length === 1)
    request.destroy()
    await until(() => folders().length === 0)
  }
  t.same((await get('/builds')).json(), [])
})

t.test('the server is stopped while builds wait and run', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, app } = await serve(t, { engine, env: { BERTH_BUILD_CONCURRENCY: '1' } })
  await submit()
  await submit()
  const held = await next(0)
  await app.close()
  t.ok(held.signal.aborted)
})
