// Pushes of builds to a real registry, and retries of failed ones.

import t from 'tap'
import type { BuildDetails } from '../../src/builds/schemas.ts'
import { endOf, imageExists, sendBuild } from '../helpers/builds.ts'
import { docker, eventually, ignoreMissing, IMAGE } from '../helpers/engine.ts'
import { LOGIN, startRegistry } from '../helpers/registry.ts'
import { portsOf, SLEEPER, startServer } from '../helpers/server.ts'

const registry = await startRegistry(t, { login: true })
const server = await startServer(t, { ports: portsOf('buildsPush'), env: { BERTH_REGISTRY_IDLE_SECONDS: '5' } })
const DOCKERFILE = `FROM ${IMAGE}\nRUN echo ${server.mark} > /made\n`
const RIGHT = { registry_username: LOGIN.username, registry_password: LOGIN.password }
const push = { push: 'true', registry: registry.host }
const references: string[] = []
t.teardown(async () => {
  for (const reference of references) await ignoreMissing(docker.getImage(reference).remove({ force: true }))
})

async function send(name: string, fields: Record<string, string | string[]>, dockerfile = DOCKERFILE) {
  const { status, body } = await sendBuild(server, dockerfile, { image_name: name, ...push, ...fields })
  if (status !== 202) throw new Error(JSON.stringify(body))
  references.push(...body.references)
  return body
}
const retry = (id: string, body?: unknown) => server.post<BuildDetails>(`/builds/${id}/retry`, body)

t.test('every tag is pushed, and its digest is reported', async (t) => {
  const { id } = await send('shop/web', { ...RIGHT, image_tag: ['1', '1.0'] })
  const { status, push } = await endOf(server, id)
  t.equal(status, 'completed')
  t.match(push, {
    status: 'completed',
    pushed: [
      { reference: `${registry.host}/shop/web:1`, digest: /^sha256:[0-9a-f]{64}$/ },
      { reference: `${registry.host}/shop/web:1.0`, digest: /^sha256:[0-9a-f]{64}$/ }
    ]
  })
  t.strictSame((await registry.tags('shop/web')).sort(), ['1', '1.0'])
  t.ok(await imageExists(`${registry.host}/shop/web:1`), 'and the image stays')
})

t.test('the push fails with a wrong password, and a retry with the right one repeats only the push', async (t) => {
  const { id } = await send('shop/api', { ...RIGHT, registry_password: 'close sesame' })
  const failed = await endOf(server, id)
  t.match(failed, {
    status: 'failed',
    build: { status: 'completed' },
    push: { status: 'failed', code: 'REGISTRY_UNAUTHORIZED' }
  })
  t.notMatch(JSON.stringify(failed), /sesame/)

  t.equal((await retry(id, RIGHT)).status, 202)
  const done = await endOf(server, id)
  t.equal(done.status, 'completed')
  t.same(done.build, failed.build, 'it was not rebuilt')
  t.strictSame(await registry.tags('shop/api'), ['latest'])
  t.match(await retry(id), { status: 409, body: { code: 'BUILD_NOT_FAILED' } })
})

t.test('a push without a login says so', async (t) => {
  const { id } = await send('shop/none', {})
  t.match(await endOf(server, id), { push: { status: 'failed', code: 'REGISTRY_UNAUTHORIZED', reason: /./ } })
})

t.test('a registry that dies in the middle can be pushed to again', async (t) => {
  // Incompressible data takes a while.
  const { id } = await send('shop/big', RIGHT, `FROM ${IMAGE}\nRUN head -c 40000000 /dev/urandom > /big\n`)
  await eventually(async () => {
    const { body } = await server.get<BuildDetails>(`/builds/${id}`)
    if (body.push.status !== 'in_progress') throw new Error(body.push.status)
  }, 60_000)
  await registry.kill()
  const failed = await endOf(server, id, 120_000)
  t.match(failed.push, { status: 'failed', code: /^REGISTRY_/, retryable: true })
  await registry.start()
  t.equal((await retry(id)).status, 202, 'with the previous credentials, which are still in memory')
  const done = await endOf(server, id)
  t.match(done, { status: 'completed', build: { finished_at: failed.build.finished_at } })
})

t.test('credentials are not stored: a retry after a restart must send them again', async (t) => {
  await registry.kill()
  const { id } = await send('shop/lost', RIGHT)
  await endOf(server, id, 120_000)
  await server.kill()
  await server.start()
  await registry.start()
  await retry(id)
  const asked = await endOf(server, id)
  t.match(asked.push, { status: 'failed', code: 'REGISTRY_UNAUTHORIZED', reason: /Send them again/ })
  await retry(id, RIGHT)
  t.match(await endOf(server, id), { status: 'completed' })
})

t.test('a build is built, pushed and run', async (t) => {
  const run = JSON.stringify({ command: SLEEPER, labels: server.labels })
  const { id } = await send('shop/run', { ...RIGHT, run, keep_image: 'false' })
  const { status, run: ran } = await endOf(server, id)
  t.equal(status, 'completed')
  const [container] = await server.inEngine()
  t.match(container, { State: 'running', Image: `${registry.host}/shop/run:latest` })
  t.equal(ran.container_id, container?.Id)

  const removed = await server.delete<{ images_kept: unknown[] }>(`/builds/${id}`)
  t.match(removed, { status: 200, body: { images_kept: [{ reference: `${registry.host}/shop/run:latest` }] } })
  t.ok(await imageExists(`${registry.host}/shop/run:latest`), 'a container uses it')
})
