// Habits of clients of the older systems, curl and wget.

import t from 'tap'
import { serveBuilds, SENT } from '../helpers/build-server.ts'
import { build, problem } from '../helpers/build.ts'
import { buildForm } from '../helpers/form.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const DOCKERFILE = 'FROM scratch\n'

t.test('an empty form counts as no body', async (t) => {
  const { ask, engine } = await build(t)
  const created = await ask('POST', '/containers/create', { headers: { ...FORM, 'content-length': '0' } })
  t.equal(created.statusCode, 201, created.body)
  t.equal(engine.records().length, 1)
})

t.test('a body that is not needed is not read', async (t) => {
  const { ask, make } = await build(t)
  await make({ name: 'web' })
  for (const [type, payload] of [
    ['application/x-www-form-urlencoded', 'timeout=3'],
    ['text/plain', 'please'],
    ['application/json', '{"broken"']
  ] as const) {
    const answer = await ask('POST', '/containers/web/stop', { payload, headers: { 'content-type': type } })
    t.equal(answer.statusCode, 200, `${type}: ${answer.body}`)
  }
  const refused = await ask('POST', '/containers', { payload: 'name=web', headers: FORM })
  problem(t, refused, 415, 'UNSUPPORTED_MEDIA_TYPE')
})

t.test('/build-push pushes to image_name, or else to the namespace', async (t) => {
  const push = (fields: Record<string, string>, env: Record<string, string> = {}) =>
    serveBuilds(t, { env }).then(async ({ ask, get }) => {
      const answer = await ask('POST', '/build-push', {
        payload: buildForm(DOCKERFILE, { image_tag: '1', ...fields }),
        headers: SENT
      })
      if (answer.statusCode !== 200) return answer.json().message as string
      return (await get(`/builds/${answer.json().build_id}`)).json().references as string[]
    })
  t.strictSame(await push({ image_name: '127.0.0.1:5055/team/app' }), ['127.0.0.1:5055/team/app:1'])
  t.strictSame(await push({ image_name: 'team/app' }), ['team/app:1'])
  t.match(await push({ image_name: 'app' }), /has nowhere to go.*registry\.example\.com/)
  t.strictSame(await push({ image_name: 'app' }, { DOCKERHUB_NAMESPACE: 'localhost:5055/us' }), [
    'localhost:5055/us/app:1'
  ])
  const login = { DOCKERHUB_USERNAME: 'Ada', DOCKERHUB_PASSWORD: 'secret' }
  t.strictSame(await push({ image_name: 'app' }, login), ['ada/app:1'], 'the namespace is the user by default')
})

t.test('ids and paths of the older systems get a hint', async (t) => {
  const { get, ask } = await build(t)
  for (const url of [
    '/build-push-status?build_id=7',
    '/retry-build?build_id=7',
    '/api/dockerfile-build/?dockerfile_build_id=7'
  ]) {
    const { message } = problem(t, await get(url), 404, 'BUILD_NOT_FOUND')
    t.match(message, /There is no build 7\..*UUIDs/, url)
  }
  for (const method of ['GET', 'DELETE']) {
    const { detail } = problem(t, await ask(method, '/dockerfile-build/?dockerfile_build_id=7'), 404, 'ROUTE_NOT_FOUND')
    t.match(detail, /Is \/api\/dockerfile-build meant\?/)
  }
  t.match(problem(t, await get('/nothing/like/it'), 404, 'ROUTE_NOT_FOUND').detail, /it\. GET \/docs/)
})

t.test('/api/dockerfile-build has its own message for a body that is not a form', async (t) => {
  const { ask } = await build(t)
  const answer = await ask('POST', '/api/dockerfile-build/', { payload: 'username=me', headers: FORM })
  t.match(problem(t, answer, 400, 'INVALID_REQUEST').message, /^Content-Type is not valid\. /)
})
