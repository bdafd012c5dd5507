// The calls of two older systems, sent by curl as their documents have them, to a real engine and a real registry.

import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { imageExists } from '../helpers/builds.ts'
import { docker, eventually, ignoreMissing, IMAGE } from '../helpers/engine.ts'
import { startRegistry } from '../helpers/registry.ts'
import { portsOf, startServer } from '../helpers/server.ts'
import { makeFolder } from '../helpers/folder.ts'

const registry = await startRegistry(t)
const NAMESPACE = `${registry.host}/team`
const server = await startServer(t, { ports: portsOf('compat'), env: { DOCKERHUB_NAMESPACE: NAMESPACE } })
const folder = makeFolder('compat')
t.teardown(() => rmSync(folder, { recursive: true }))
const GOOD = join(folder, 'CustomDockerFile')
const BAD = join(folder, 'Failing')
const NONE = join(folder, 'letter.txt')
writeFileSync(GOOD, `FROM ${IMAGE}\nRUN echo ${server.mark} > /made\nCMD ["sleep", "3600"]\n`)
writeFileSync(BAD, `FROM ${IMAGE}\nRUN echo before\nRUN exit 3\n`)
writeFileSync(NONE, 'Dear Sir or Madam,\n')

/** Any answer of these systems; the tests check its fields. */
type Data = { id: string; status: string }
type Body = {
  status: unknown
  message: string
  build_id: string
  build_status: { build_status: string; push_status: string }
  data: Data
}

/** Runs curl with a line of the documents, with the address of the server in place of theirs. */
function curl(...args: string[]): { status: number; body: Body } {
  const lines = args.map((arg) => arg.replace('http://127.0.0.1:8000', server.url))
  const output = execFileSync('curl', ['-s', '-w', '\n%{http_code}', ...lines], { encoding: 'utf8' })
  const [, text = '', status] = /^(.*)\n(\d+)$/s.exec(output) ?? []
  return { status: Number(status), body: JSON.parse(text) as Body }
}

t.test('build and push: upload, status, and a refused retry', async (t) => {
  const url = 'http://127.0.0.1:8000'
  const { status, body } = curl(
    '-F',
    `file=@${GOOD}`,
    '-F',
    'image_name=web',
    '-F',
    'image_tag=1.0',
    `${url}/build-push`
  )
  t.equal(status, 200)
  t.match(body, { status: 200, message: 'Build started', build_id: /^[0-9a-f-]{36}$/ })
  const seen = new Set<string>()
  await eventually(() => {
    const { body: now } = curl(`${url}/build-push-status?build_id=${body.build_id}`)
    t.same(now.status, 200)
    seen.add(now.build_status.build_status).add(now.build_status.push_status)
    if (now.build_status.push_status !== 'Completed') throw new Error(JSON.stringify(now))
  })
  for (const word of seen) t.ok(['Pending', 'In Progress', 'Completed'].includes(word), word)
  t.strictSame(await registry.tags('team/web'), ['1.0'])
  t.notOk(await imageExists(`${NAMESPACE}/web:1.0`), 'cleaned up after the push')
  t.match(curl(`${url}/retry-build?build_id=${body.build_id}`).body, { message: 'Build and Push not failed' })
})

t.test('build and push: a build that fails, and its retry', async (t) => {
  const url = 'http://127.0.0.1:8000'
  const { body } = curl('-F', `file=@${BAD}`, '-F', 'image_name=bad', '-F', 'image_tag=1', `${url}/build-push`)
  const failed = () =>
    eventually(() => {
      const { build_status: now } = curl(`${url}/build-push-status?build_id=${body.build_id}`).body
      if (now.build_status !== 'Failed') throw new Error(JSON.stringify(now))
      return now
    })
  t.match(await failed(), { push_status: 'Pending', 'Build Fail Reason': /RUN exit 3.*exit (code:|status) 3/ })
  const again = curl(`${url}/retry-build?build_id=${body.build_id}`)
  t.match(again, { status: 200, body: { status: 200, message: 'Rebuild started', build_id: body.build_id } })
  await failed()
})

t.test('build and push: bad input has a status and a message', async (t) => {
  const url = 'http://127.0.0.1:8000'
  const upload = (...fields: string[]) => curl(...fields.flatMap((field) => ['-F', field]), `${url}/build-push`)
  for (const [answer, message] of [
    [upload(`file=@${GOOD}`, 'image_tag=1'), /image_name is missing/],
    [upload(`file=@${GOOD}`, 'image_name=web'), /image_tag is missing/],
    [upload('image_name=web', 'image_tag=1'), /file is missing/],
    [upload(`file=@${GOOD}`, 'image_name=Web', 'image_tag=1'), /image_name/],
    [upload(`file=@${NONE}`, 'image_name=web', 'image_tag=1'), /no Dockerfile/],
    [curl(`${url}/build-push-status`), /build_id is missing/]
  ] as const) {
    t.equal(answer.status, 400)
    t.match(answer.body, { status: 400, message })
  }
  const unknown = curl(`${url}/retry-build?build_id=58ac48f8-cd12-4785-81c0-7d1463f88619`)
  t.match(unknown, { status: 404, body: { status: 404, message: /There is no build/ } })
  const old = curl(`${url}/build-push-status?build_id=7`)
  t.match(old, { status: 404, body: { status: 404, message: /There is no build 7\..* UUIDs/ } })
})

t.test('publish a Dockerfile: upload, list, look, delete', async (t) => {
  const url = 'http://127.0.0.1:8000/api/dockerfile-build/'
  const reference = `${registry.host}/me/app:2`
  t.teardown(() => ignoreMissing(docker.getImage(reference).remove()))
  const { status, body } = curl(
    '-X',
    'POST',
    url,
    '-H',
    'Content-Type: multipart/form-data',
    '-F',
    'username=your_username',
    '-F',
    `file=@${GOOD}`,
    '-F',
    `docker_repo=${reference}`
  )
  t.equal(status, 202)
  t.match(body, {
    data: { username: 'your_username', file: 'CustomDockerFile', status: 'Build is starting', image_id: null }
  })
  const one = `${url}?dockerfile_build_id=${body.data.id}`
  await eventually(() => {
    const { data } = curl(one).body
    if (data.status !== 'Docker Image is successfully pushed to Docker Hub.') throw new Error(JSON.stringify(data))
  })
  const { id: imageId } = { id: (await docker.getImage(reference).inspect()).Id }
  t.match(curl(url).body, { data: [{ id: body.data.id, image_id: imageId }] })
  t.strictSame(await registry.tags('me/app'), ['2'])

  t.equal(curl('-X', 'DELETE', one).status, 200)
  t.equal(curl(one).status, 404)
  t.same(curl(url).body, { data: [] })
  t.notOk(await imageExists(reference))
})

t.test('publish a Dockerfile: refusals', async (t) => {
  const url = 'http://127.0.0.1:8000/api/dockerfile-build/'
  const notAForm = curl('-X', 'POST', url, '-H', 'Content-Type: application/json', '-d', '{"username":"me"}')
  t.match(notAForm, { status: 400, body: { message: /^Content-Type is not valid\. / } })
  const notADockerfile = curl('-X', 'POST', url, '-F', 'username=me', '-F', `file=@${NONE}`)
  t.match(notADockerfile, {
    status: 400,
    body: { message: 'File is not valid', errors: [{ field: 'file', message: /line 1/ }] }
  })
  t.match(curl('-X', 'POST', url, '-F', `file=@${GOOD}`), { status: 400, body: { message: 'username is missing' } })
})

t.test('a page in a browser cannot send the GET that makes a change', async (t) => {
  const answer = curl(
    '-H',
    'Sec-Fetch-Site: cross-site',
    'http://127.0.0.1:8000/retry-build?build_id=58ac48f8-cd12-4785-81c0-7d1463f88619'
  )
  t.match(answer, { status: 403, body: { code: 'CROSS_ORIGIN_REFUSED' } })
})
