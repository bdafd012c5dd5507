import { createClient } from '@connectrpc/connect'
import t, { type Test } from 'tap'
import { AppError } from '../../src/errors.ts'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { all, buildRpc, refusal, transportTo } from '../helpers/grpc.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { addToken, bearer } from '../helpers/tokens.ts'

const NAME = 'base-api-server:latest'

t.test('images are listed, inspected, named, pushed, pulled and removed', async (t) => {
  const { docker, make } = await buildRpc(t)
  await make({ name: 'web' })
  t.match(await docker.listDockerImages({}), { total: 1, images: [{ tags: [NAME], containers: [{ name: 'web' }] }] })
  t.match(await docker.inspectDockerImage({ reference: NAME }), { image: { os: /./, fullId: /^sha256:/ } })
  t.match(await docker.tagDockerImage({ image: NAME, target: 'localhost:5000/base:1' }), {
    image: { tags: [NAME, 'localhost:5000/base:1'] }
  })
  t.match(await docker.pushDockerImage({ image: 'localhost:5000/base:1' }), {
    success: true,
    registry: 'localhost:5000',
    digest: /^sha256:/
  })
  const pushed = await all(docker.streamDockerPush({ image: NAME, registry: 'localhost:5000' }))
  t.match(
    pushed.map(({ event }) => event),
    [
      { case: 'progress', value: { layer: 'abc', status: 'Pushed' } },
      { case: 'result', value: { success: true, image: `localhost:5000/${NAME}` } }
    ]
  )
  t.match(
    await docker.inspectDockerImage({ reference: NAME }),
    { image: { tags: [NAME, 'localhost:5000/base:1'] } },
    'no name is left'
  )
  await docker.tagDockerImage({ image: NAME, target: `localhost:5000/${NAME}` })
  await docker.pushDockerImage({ image: NAME, registry: 'localhost:5000' })
  t.ok((await docker.inspectDockerImage({ reference: `localhost:5000/${NAME}` })).image, 'except an existing one')
  t.match(await docker.removeDockerImage({ reference: `localhost:5000/${NAME}`, force: true }), { success: true })
  t.match(await docker.pullDockerImage({ image: 'localhost:5000/base:1' }), { image: { id: /./ } })
  const pulled = await all(docker.streamDockerPull({ image: 'localhost:5000/base:1' }))
  t.match(pulled.at(-1)?.event, { case: 'result', value: { tags: ['localhost:5000/base:1'] } })
  t.match(await docker.removeDockerImage({ reference: 'localhost:5000/base:1' }), { success: true })
})

t.test('failures', async (t) => {
  const { docker, engine } = await buildRpc(t)
  const half = { image: NAME, registry: 'localhost:5000', credentials: { username: 'ada' } }
  t.match(await refusal(docker.pushDockerImage(half)), { status: 'InvalidArgument', fields: ['credentials'] })
  t.strictSame(engine.writes(), [], 'and no name was added')
  t.match(await refusal(docker.pullDockerImage({ image: 'nobody/has-it' })), {
    status: 'Unavailable',
    reason: 'REGISTRY_UNAVAILABLE'
  })
  t.match(await refusal(all(docker.streamDockerPull({ image: 'nobody/has-it' }))), { reason: 'REGISTRY_UNAVAILABLE' })
  t.match(await refusal(docker.pushDockerImage({ image: 'nobody/has-it' })), { reason: 'IMAGE_NOT_FOUND' })
  t.match(await refusal(docker.pullDockerImage({ image: 'NO SUCH NAME' })), { fields: ['image'] })
  t.match(await refusal(docker.inspectDockerImage({ reference: 'nobody' })), { status: 'NotFound' })
})

/** Two tokens that may push, and their engine. */
async function servePushers(t: Test) {
  const store = openStore(':memory:')
  const engine = createMemoryEngine()
  const secrets = {
    own: await addToken(store, { name: 'own', scopes: ['images:write', 'read'] }),
    stranger: await addToken(store, { name: 'stranger', scopes: ['images:write', 'read'] })
  }
  const { port } = await buildRpc(t, { engine, store, policy: { registries: { [REGISTRY]: { push: ['*'] } } } })
  const as = (who: keyof typeof secrets) => createClient(DockerService, transportTo(port, bearer(secrets[who])))
  return { engine, as }
}
const REGISTRY = 'localhost:5000'
const ADDED = `${REGISTRY}/${NAME}`

t.test('a name added for a push that fails is gone, and free for others', async (t) => {
  const { engine, as } = await servePushers(t)
  engine.pushImage = () => Promise.reject(new AppError('REGISTRY_UNAVAILABLE', 'The registry does not answer.'))
  t.match(await refusal(as('own').pushDockerImage({ image: NAME, registry: REGISTRY })), {
    reason: 'REGISTRY_UNAVAILABLE'
  })
  t.match(await as('own').listDockerImages({}), { images: [{ tags: [NAME] }] })
  t.match(await as('stranger').tagDockerImage({ image: NAME, target: ADDED }), { image: { tags: [NAME, ADDED] } })
})

t.test('a name added for a push that cannot be removed again stays the name of its token', async (t) => {
  const { engine, as } = await servePushers(t)
  const { removeImage } = engine
  engine.removeImage = () => Promise.reject(new AppError('ENGINE_UNAVAILABLE', 'The engine does not answer.'))
  t.match(await as('own').pushDockerImage({ image: NAME, registry: REGISTRY }), { success: true }, 'the push counts')
  engine.removeImage = removeImage

  t.match(await as('own').listDockerImages({}), { images: [{ tags: [NAME, ADDED] }] })
  t.match(await as('stranger').listDockerImages({}), { images: [{ tags: [NAME] }] }, 'as any other name of a token')
  t.match(await refusal(as('stranger').tagDockerImage({ image: NAME, target: ADDED })), { reason: 'FORBIDDEN' })
  t.match(await as('own').removeDockerImage({ reference: ADDED }), { success: true })
  t.match(await as('stranger').tagDockerImage({ image: NAME, target: ADDED }), { image: { tags: [NAME, ADDED] } })
})

t.test('if neither the push nor the removal of its name succeeds, the push says why', async (t) => {
  const { engine, as } = await servePushers(t)
  engine.pushImage = () => Promise.reject(new AppError('REGISTRY_UNAVAILABLE', 'The registry does not answer.'))
  engine.removeImage = () => Promise.reject(new AppError('ENGINE_UNAVAILABLE', 'The engine does not answer.'))
  t.match(await refusal(as('own').pushDockerImage({ image: NAME, registry: REGISTRY })), {
    reason: 'REGISTRY_UNAVAILABLE'
  })
})

t.test('a prune removes unused images of Berth', async (t) => {
  const { docker, engine, make, post } = await buildRpc(t)
  await make({ name: 'runs' })
  await make({ name: 'over' })
  await docker.stopDockerContainer({ name: 'over' })
  engine.add({ name: 'foreign', state: 'exited' })
  t.match(await docker.cleanDockerSystem({ containers: false }), { containers: [] })
  t.match(await docker.cleanDockerSystem({}), {
    containers: [{ name: 'over' }],
    message: 'Containers removed: 1, images removed: 0, volumes removed: 0'
  })
  t.strictSame(
    engine
      .records()
      .map(({ name }) => name)
      .toSorted(),
    ['foreign', 'runs']
  )
  t.match((await post('/system/prune')).json(), { containers: [], images: [], kept: [] })
})
