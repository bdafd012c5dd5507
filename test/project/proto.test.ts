// The proto file is documented, matches the generated code, and has a twin for every REST operation.

import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { DescField, DescMessage } from '@bufbuild/protobuf'
import t from 'tap'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { rpcMethods } from '../../src/features.ts'
import { build } from '../helpers/build.ts'

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)
// The handlers are never called here, so they need no services.
const METHODS = rpcMethods({} as Parameters<typeof rpcMethods>[0], async () => {})

/** REST operations that gRPC has in another form or not at all, with the reason. */
const WITHOUT_TWIN: Record<string, string> = {
  getAbout: 'lists the routes of REST; server reflection lists the methods of gRPC',
  getHealth: 'grpc.health.v1.Health/Check of ""',
  getReadiness: 'grpc.health.v1.Health/Check of "berth.docker.v1.DockerService"',
  createContainerByVerb: 'another path of createContainer',
  listRunningContainers: 'ListDockerContainers with state "running"',
  getMetrics: 'Prometheus reads text over HTTP',
  getAccess: 'tokens are managed over REST or on the command line',
  createToken: 'tokens are made over REST or on the command line',
  listTokens: 'tokens are made over REST or on the command line',
  revokeToken: 'tokens are made over REST or on the command line',
  listAudit: 'the audit trail is read over REST',
  callMcp: 'the Model Context Protocol speaks HTTP'
}
/** The calls of older systems, which spoke HTTP. */
const isCompat = (operation: string) => operation.startsWith('compat')

type Schema = {
  type?: string | string[]
  $ref?: string
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  items?: Schema
  additionalProperties?: Schema | boolean
}
type Document = {
  paths: Record<string, Record<string, { operationId: string }>>
  components: { schemas: Record<string, Schema> }
}

t.test('src/rpc/gen matches the proto files: npm run proto', async (t) => {
  const folder = t.testdir({})
  await run('buf', ['generate', '--output', folder], { cwd: ROOT })
  const generated = globSync('**/*.ts', { cwd: join(folder, 'src/rpc/gen') }).toSorted()
  t.ok(generated.includes('docker_management_pb.ts'))
  t.strictSame(globSync('**/*.ts', { cwd: join(ROOT, 'src/rpc/gen') }).toSorted(), generated)
  for (const file of generated)
    t.equal(
      readFileSync(join(ROOT, 'src/rpc/gen', file), 'utf8'),
      readFileSync(join(folder, 'src/rpc/gen', file), 'utf8'),
      file
    )
})

t.test('buf finds no problem, not even a field without a comment', async (t) => {
  const { stdout } = await run('buf', ['lint'], { cwd: ROOT }).catch((failed: { stdout: string }) => failed)
  t.equal(stdout, '')
})

t.test('every REST operation has its twin', async (t) => {
  const { get } = await build(t)
  const { paths } = (await get('/openapi.json')).json<Document>()
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods).map((each) => each.operationId))
  const twins = Object.values(METHODS).map(({ operation }) => operation)
  t.strictSame(
    operations.filter((name) => !twins.includes(name) && !(name in WITHOUT_TWIN) && !isCompat(name)),
    [],
    'without a twin'
  )
  t.strictSame(
    [...twins, ...Object.keys(WITHOUT_TWIN)].filter((name) => !operations.includes(name)),
    [],
    'twins of nothing'
  )
  t.strictSame(Object.keys(METHODS).toSorted(), Object.keys(DockerService.method).toSorted())
})

t.test('a twin needs the scope of the operation', async (t) => {
  const { get } = await build(t)
  const { paths } = (await get('/openapi.json')).json<{
    paths: Record<string, Record<string, { operationId: string; security?: Record<string, string[]>[] }>>
  }>()
  for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
    const scopes = operation.security?.find((way) => 'bearer' in way)?.bearer
    for (const twin of Object.values(METHODS).filter((each) => each.operation === operation.operationId))
      t.strictSame([twin.scope], scopes, operation.operationId)
  }
})

t.test('a message has every field of the JSON', async (t) => {
  const { get } = await build(t)
  const { components } = (await get('/openapi.json')).json<Document>()
  const { input: run, output: ran } = DockerService.method.runDockerContainer
  const container = messageOf(ran.field.container)
  const { updateDockerContainer, execDockerContainer, getDockerStats } = DockerService.method
  const pairs: [schema: string, message: DescMessage, elsewhere?: string[]][] = [
    ['CreateContainer', run, ['ttl']],
    ['Container', container],
    ['CreatedContainer', ran, Object.keys(components.schemas.Container?.properties ?? {})],
    ['UpdateContainer', updateDockerContainer.input, ['ttl']],
    ['ExecCommand', execDockerContainer.input, ['stream']],
    ['ExecResult', execDockerContainer.output],
    ['ContainerStats', messageOf(getDockerStats.output.field.stats)],
    ['StatsHistory', DockerService.method.getDockerStatsHistory.output],
    ['AllStats', DockerService.method.getAllDockerStats.output],
    ['PortOverview', DockerService.method.getDockerPorts.output],
    ['SystemStats', DockerService.method.getSystemStats.output],
    ['SystemInfo', DockerService.method.getSystemInfo.output],
    ['ContainerLogs', DockerService.method.getDockerLogs.output],
    ['BuildDetails', messageOf(DockerService.method.getDockerBuild.output.field.build)],
    ['RemovedBuild', DockerService.method.removeDockerBuild.output],
    ['ImageDetails', messageOf(DockerService.method.inspectDockerImage.output.field.image)],
    ['PullImage', DockerService.method.pullDockerImage.input],
    ['PushImage', DockerService.method.pushDockerImage.input],
    ['PushedImage', DockerService.method.pushDockerImage.output],
    ['RemovedImage', DockerService.method.removeDockerImage.output],
    ['Network', messageOf(DockerService.method.createDockerNetwork.output.field.network)],
    ['Volume', messageOf(DockerService.method.createDockerVolume.output.field.volume)],
    ['CreateVolume', DockerService.method.createDockerVolume.input],
    ['Node', messageOf(DockerService.method.getDockerNode.output.field.node)],
    ['CreateNetwork', DockerService.method.createDockerNetwork.input],
    ['Cleaned', DockerService.method.cleanDockerSystem.output],
    ['WaitedContainer', DockerService.method.waitDockerContainer.output],
    [
      'ChangedContainer',
      DockerService.method.startDockerContainer.output,
      Object.keys(components.schemas.Container?.properties ?? {})
    ]
  ]
  for (const [name, message, elsewhere = []] of pairs) {
    const schema = components.schemas[name]
    t.ok(schema, name)
    t.strictSame(missing(schema ?? {}, message, elsewhere), [], `${name}: ${message.typeName}`)
  }

  function missing(schema: Schema, message: DescMessage, elsewhere: string[] = [], path = ''): string[] {
    return Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
      if (elsewhere.includes(name)) return []
      const field = message.fields.find((each) => each.name === name)
      if (!field) return [`${path}${name} is missing`]
      const property = resolve(given)
      const inner = property.items ? resolve(property.items) : valuesOf(property)
      const nested = messageIn(field)
      const isWellKnown = nested?.typeName.startsWith('google.protobuf.') ?? false
      if (!kindFits(property, field)) return [`${path}${name} is ${field.fieldKind}`]
      return nested && !isWellKnown && inner.properties ? missing(inner, nested, [], `${path}${name}.`) : []
    })
  }

  /** The schema without null, with references resolved. */
  function resolve(schema: Schema): Schema {
    const [first] = schema.anyOf?.filter(({ type }) => type !== 'null') ?? [schema]
    const name = first?.$ref?.split('/').at(-1)
    return name === undefined ? (first ?? {}) : resolve(components.schemas[name] ?? {})
  }
})

function valuesOf(schema: Schema): Schema {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : schema
}

function kindFits({ type, additionalProperties }: Schema, field: DescField): boolean {
  const types = [type].flat()
  if (types.includes('array')) return field.fieldKind === 'list'
  if (types.includes('object'))
    return field.fieldKind === (typeof additionalProperties === 'object' ? 'map' : 'message')
  return field.fieldKind === 'scalar' || field.message?.typeName === 'google.protobuf.Timestamp'
}

function messageIn(field: DescField): DescMessage | undefined {
  return field.fieldKind === 'message' || field.fieldKind === 'list' || field.fieldKind === 'map'
    ? field.message
    : undefined
}

function messageOf(field: DescField): DescMessage {
  const message = messageIn(field)
  if (!message) throw new Error(`${field.name} is no message`)
  return message
}
