import t from 'tap'
import { all, buildRpc, refusal } from '../helpers/grpc.ts'

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
