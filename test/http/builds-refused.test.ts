import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { tarOf, zipOf } from '../helpers/archives.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { problem } from '../helpers/build.ts'
import { DOCKERFILE, heldEngine, SENT, serveBuilds } from '../helpers/build-server.ts'
import { buildForm, FORM_TYPE, formOf, type Part } from '../helpers/form.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'
import { until } from '../helpers/until.ts'

t.test('a refused POST /builds leaves nothing behind', async (t) => {
  const { send, get, engine, folders } = await serveBuilds(t, { env: { BERTH_BUILD_UPLOAD_MAX: '100k' } })
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
      /x is not a file field of this form/
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
    [
      'a number in quotes',
      formOf(...field('run', '{"cpus":"1"}')),
      400,
      'INVALID_REQUEST',
      /run\.cpus must be a number/
    ],
    ['an unknown field of a run', formOf(...field('run', '{"nam":"x"}')), 400, 'INVALID_REQUEST', /run\.nam is not/],
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
      'many large fields',
      formOf(name, file, ...Array.from({ length: 10 }, () => ({ name: 'build_arg', value: 'x'.repeat(200_000) }))),
      413,
      'BODY_TOO_LARGE',
      /fields of the form are larger than 1048576 bytes/
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

t.test('a full queue', async (t) => {
  const { engine, next } = heldEngine()
  const { submit, send, held } = {
    ...(await serveBuilds(t, { engine, env: { BERTH_BUILD_CONCURRENCY: '1', BERTH_BUILD_QUEUE_MAX: '2' } })),
    held: next
  }
  for (let count = 0; count < 3; count++) await submit()
  const answer = await send(buildForm(DOCKERFILE, { image_name: 'web' }))
  problem(t, answer, 503, 'BUILD_QUEUE_FULL')
  t.equal(answer.headers['retry-after'], '30')
  ;(await held(0)).end()
})

t.test('an upload reserves its place in the queue, until it is refused', async (t) => {
  const { app, send, folders } = await serveBuilds(t, { env: { BERTH_BUILD_QUEUE_MAX: '1' } })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const form = buildForm(DOCKERFILE, { image_name: 'web' })
  const slow = http.request({ host: '127.0.0.1', port, method: 'POST', path: '/builds', headers: SENT })
  slow.on('error', () => {}).write(form.subarray(0, form.length - 20))
  await until(() => folders().length === 1)
  problem(t, await send(form), 503, 'BUILD_QUEUE_FULL')
  slow.destroy()
  await until(() => folders().length === 0)
  t.equal((await send(form)).statusCode, 202)
})

t.test('a client that is still sending gets the error of a refused upload', async (t) => {
  const { app } = await serveBuilds(t)
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

t.test('a client that disconnects during its upload leaves nothing', async (t) => {
  const { app, get, folders } = await serveBuilds(t)
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

t.test('a build with run also needs the scope to create containers', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const { send, folders } = await serveBuilds(t, { store })
  const as = (name: keyof typeof secrets) => ({ ...SENT, ...bearer(secrets[name]) })
  const refused = await send(buildForm(DOCKERFILE, { image_name: 'web', run: '{}' }), as('builds:write'))
  t.equal(problem(t, refused, 403, 'FORBIDDEN').scope, 'containers:write')
  t.same(folders(), [])
  t.equal((await send(buildForm(DOCKERFILE, { image_name: 'web' }), as('builds:write'))).statusCode, 202)
  t.equal((await send(buildForm(DOCKERFILE, { image_name: 'web', run: '{}' }), as('admin'))).statusCode, 202)
})
