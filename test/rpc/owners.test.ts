// Every method on a resource of a token, over gRPC: to a stranger it does not exist. The methods come from the descriptors.

import type { DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import t, { type Test } from 'tap'
import { SCOPES } from '../../src/access/scopes.ts'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { buildRpc, refusal, transportTo } from '../helpers/grpc.ts'
import { addToken, bearer } from '../helpers/tokens.ts'
import { until } from '../helpers/until.ts'

/** The fields that a call requires. */
const FIELDS: Record<string, object> = {
  renameDockerContainer: { newName: 'renamed' },
  updateDockerContainer: { memory: 64n * 1024n ** 2n },
  execDockerContainer: { command: ['id'] },
  streamDockerExec: { command: ['id'] },
  listDockerFiles: { path: '/tmp' },
  readDockerFile: { path: '/tmp/file' },
  downloadDockerFiles: { path: '/tmp' },
  makeDockerFolder: { path: '/tmp/new' },
  removeDockerFile: { path: '/tmp/file' },
  writeDockerFile: { path: '/tmp/file', size: 0n }
}
const isOnContainer = ({ localName, input }: DescMethod) =>
  !/^(run|list)|Network|Volume/.test(localName) && input.field.name !== undefined
const isOnBuild = ({ localName, input }: DescMethod) => !localName.includes('Node') && input.field.id !== undefined

async function serve(t: Test) {
  const store = openStore(':memory:')
  const scopes = SCOPES.filter((scope) => scope !== 'admin')
  const secrets = {
    own: await addToken(store, { name: 'own', scopes, team: 'shop' }),
    mate: await addToken(store, { name: 'mate', scopes, team: 'shop' }),
    stranger: await addToken(store, { name: 'stranger', scopes }),
    admin: await addToken(store, { name: 'admin', scopes: ['admin'] })
  }
  const server = await buildRpc(t, { store, early: true, env: { BERTH_EXEC: 'true' } })
  await server.ask('POST', '/containers/-/start', { headers: bearer(secrets.admin) })
  const as = (who: keyof typeof secrets) => createClient(DockerService, transportTo(server.port, bearer(secrets[who])))
  return { ...server, as }
}

type Client = ReturnType<Awaited<ReturnType<typeof serve>>['as']>

async function* streamOf(request: object): AsyncGenerator<object> {
  yield request
}

/** Calls a method, and requests the first message of a stream. */
async function call(client: Client, method: DescMethod, request: object): Promise<unknown> {
  const given = method.methodKind === 'client_streaming' ? streamOf(request) : request
  const answer = (client as unknown as Record<string, (request: object) => unknown>)[method.localName]?.(given)
  if (typeof (answer as AsyncIterable<object>)[Symbol.asyncIterator] !== 'function') return answer
  for await (const message of answer as AsyncIterable<object>) return message
  return undefined
}

t.test('to a stranger a container does not exist, by any method', async (t) => {
  const { as } = await serve(t)
  await as('own').runDockerContainer({ name: 'web' })
  for (const method of DockerService.methods.filter(isOnContainer)) {
    const { localName, input } = method
    const request = { ...FIELDS[localName], ...(input.field.condition && { condition: 'running' }) }
    const refused = await refusal(call(as('stranger'), method, { name: 'web', ...request }))
    const nothing = await refusal(call(as('stranger'), method, { name: 'nothing', ...request }))
    t.strictSame([refused.status, refused.reason], ['NotFound', 'CONTAINER_NOT_FOUND'], localName)
    t.equal(refused.message, nothing.message.replace('nothing', 'web'), localName)
  }
  const { container } = await as('mate').inspectDockerContainer({ name: 'web' })
  t.equal(container?.state, 'running', 'and one of the team finds it as it was')
})

t.test('to a stranger a build does not exist, by any method', async (t) => {
  const { as } = await serve(t)
  const request = { imageName: 'web', source: { case: 'dockerfileText', value: 'FROM scratch' } } as const
  const { build } = await as('own').submitDockerBuild(request)
  const id = build?.id ?? ''
  await until(async () => (await as('own').getDockerBuild({ id })).build?.finishedAt !== undefined)
  for (const method of DockerService.methods.filter(isOnBuild)) {
    const { localName } = method
    const refused = await refusal(call(as('stranger'), method, { id }))
    t.strictSame([refused.status, refused.reason], ['NotFound', 'BUILD_NOT_FOUND'], localName)
  }
  t.equal((await as('mate').getDockerBuild({ id })).build?.id, id)
})

t.test('lists, ports, figures and events show a caller its own', async (t) => {
  const { as } = await serve(t)
  const leaving = new AbortController()
  const events: string[] = []
  const reading = (async () => {
    for await (const { type, facts } of as('stranger').streamDockerEvents({}, { signal: leaving.signal }))
      events.push(`${type} ${JSON.stringify(facts)}`)
  })().catch((error: unknown) => {
    if (!(error instanceof ConnectError) || error.code !== Code.Canceled) throw error
  })
  await as('own').runDockerContainer({ name: 'web' })
  await until(async () => {
    await as('stranger')
      .runDockerContainer({ name: 'mine' })
      .catch(() => {})
    return events.some((event) => event.includes('mine'))
  })
  leaving.abort()
  await reading
  t.strictSame(
    events.filter((event) => event.includes('web')),
    []
  )
  const names = async (who: Parameters<typeof as>[0]) =>
    (await as(who).listDockerContainers({})).containers.map(({ name }) => name).toSorted()
  t.strictSame(await names('stranger'), ['mine'])
  t.strictSame(await names('mate'), ['web'])
  t.strictSame(await names('admin'), ['mine', 'web'])
  const { ports } = await as('stranger').getDockerPorts({})
  t.strictSame(
    ports.flatMap(({ holder }) => holder?.name ?? []),
    ['mine']
  )
  const { containers } = await as('stranger').getAllDockerStats({})
  t.strictSame(
    containers.filter(({ name }) => name === 'web'),
    []
  )
})
