import t from 'tap'
import { buildRpc, refusal } from '../helpers/grpc.ts'

t.test('a volume is created, used, listed and removed', async (t) => {
  const { docker } = await buildRpc(t)
  t.match(await docker.createDockerVolume({ name: 'data' }), { volume: { name: 'data', managed: true, usable: true } })
  t.match(await refusal(docker.createDockerVolume({ name: 'data' })), {
    status: 'AlreadyExists',
    reason: 'VOLUME_NAME_TAKEN'
  })
  await docker.runDockerContainer({ name: 'web', volumes: [{ source: 'data', target: '/data' }] })
  t.match(await docker.listDockerVolumes({}), { volumes: [{ name: 'data', containers: [{ name: 'web' }] }] })
  t.match(await refusal(docker.removeDockerVolume({ name: 'data' })), {
    status: 'FailedPrecondition',
    reason: 'VOLUME_IN_USE'
  })
  await docker.removeDockerContainer({ name: 'web', force: true })
  t.match(await docker.removeDockerVolume({ name: 'data' }), { success: true, name: 'data' })
  t.match(await refusal(docker.getDockerVolume({ name: 'data' })), { status: 'NotFound', reason: 'VOLUME_NOT_FOUND' })
})
