import t from 'tap'
import { buildRpc, refusal } from '../helpers/grpc.ts'

t.test('a network is created, used, listed and removed', async (t) => {
  const { docker } = await buildRpc(t, { policy: { networks: ['team-*'] } })
  t.match(await docker.createDockerNetwork({ name: 'team-a', internal: true }), {
    network: { name: 'team-a', internal: true, managed: true, usable: true }
  })
  t.match(await refusal(docker.createDockerNetwork({ name: 'team-a' })), {
    status: 'AlreadyExists',
    reason: 'NETWORK_NAME_TAKEN'
  })
  t.match(await refusal(docker.createDockerNetwork({ name: 'other' })), {
    status: 'PermissionDenied',
    reason: 'POLICY_REFUSED'
  })
  t.match(await refusal(docker.createDockerNetwork({ name: 'host' })), { status: 'InvalidArgument', fields: ['name'] })

  t.match(await refusal(docker.runDockerContainer({ network: 'team-b' })), {
    status: 'NotFound',
    reason: 'NETWORK_NOT_FOUND'
  })
  t.match(await refusal(docker.runDockerContainer({ network: 'host' })), { fields: ['network'] })
  t.match(await docker.runDockerContainer({ name: 'web', network: 'team-a', aliases: ['front'] }), {
    container: { ports: {}, networks: [{ name: 'team-a', address: '172.18.0.2', aliases: ['front'] }] }
  })
  const { networks } = await docker.listDockerNetworks({})
  t.match(networks.at(-1), { name: 'team-a', containers: [{ name: 'web' }] })
  t.match(await refusal(docker.removeDockerNetwork({ name: 'team-a' })), {
    status: 'FailedPrecondition',
    facts: { containers: /"name":"web"/ }
  })
  await docker.removeDockerContainer({ name: 'web', force: true })
  t.match(await docker.removeDockerNetwork({ name: 'team-a' }), { success: true, name: 'team-a' })
})

t.test('events report created and removed networks', async (t) => {
  const { docker, make } = await buildRpc(t)
  const events = docker.streamDockerEvents({})[Symbol.asyncIterator]()
  const first = events.next()
  let isOpen = false
  void first.then(() => (isOpen = true))
  while (!isOpen) await make()
  await docker.createDockerNetwork({ name: 'shop' })
  await docker.removeDockerNetwork({ name: 'shop' })
  const types: string[] = []
  while (types.length < 2) {
    const { value } = await events.next()
    if (value?.type.startsWith('network.')) types.push(`${value.type} ${String(value.facts?.name)}`)
  }
  t.strictSame(types, ['network.created shop', 'network.removed shop'])
  await events.return?.()
})
