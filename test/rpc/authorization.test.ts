// Every method of the gRPC port against every kind of caller, over gRPC and over Connect's JSON. The methods come from the
// descriptors, and their scopes from the OpenAPI document, so a new method is tested without a change here.

import type { DescMethod } from '@bufbuild/protobuf'
import t, { type Test } from 'tap'
import { SCOPES, type Need } from '../../src/access/scopes.ts'
import { rpcMethods } from '../../src/features.ts'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { Health } from '../../src/rpc/gen/grpc/health/v1/health_pb.ts'
import { ServerReflection } from '../../src/rpc/gen/grpc/reflection/v1/reflection_pb.ts'
import { ServerReflection as ServerReflectionAlpha } from '../../src/rpc/gen/grpc/reflection/v1alpha/reflection_pb.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { buildRpc } from '../helpers/grpc.ts'
import { connectRaw, envelope, type RawAnswer } from '../helpers/raw-grpc.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'

type Method = { name: string; path: string; need: Need; operation: string | undefined; isStream: boolean }
type Protocol = keyof typeof PROTOCOLS
type Headers = Record<string, string>

// The handlers are never called here, so they need no services.
const DECLARED = rpcMethods({} as Parameters<typeof rpcMethods>[0], async () => {})
const METHODS: Method[] = [DockerService, Health, ServerReflection, ServerReflectionAlpha].flatMap((service) =>
  service.methods.map(described)
)
const CLOSED = METHODS.filter(({ need }) => need !== 'open')
const PROTOCOLS = {
  grpc: () => ({ type: 'application/grpc', body: [envelope()] }),
  connect: ({ isStream }: Method) =>
    isStream
      ? { type: 'application/connect+json', body: [envelope(Buffer.from('{}'))] }
      : { type: 'application/json', body: [Buffer.from('{}')] }
}
const BOTH = Object.keys(PROTOCOLS) as Protocol[]
/** An allowed call that never ends is left after this time. */
const PATIENCE_MS = 50

function described(method: DescMethod): Method {
  const declared = method.parent === DockerService ? DECLARED[method.localName as keyof typeof DECLARED] : undefined
  return {
    name: method.name,
    path: `/${method.parent.typeName}/${method.name}`,
    need: declared?.scope ?? 'open',
    operation: declared?.operation,
    isStream: method.methodKind !== 'unary'
  }
}

async function serve(t: Test) {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const server = await buildRpc(t, { store, early: true })
  let callers = 0

  /** Each from its own address, since an address with too many wrong tokens gets another error. */
  async function call(method: Method, protocol: Protocol, headers: Headers, patienceMs?: number): Promise<RawAnswer> {
    callers++
    const connection = connectRaw(server.port, `127.1.${callers >> 8}.${callers & 255}`)
    const { type, body } = PROTOCOLS[protocol](method)
    const answer = await connection.call({
      path: method.path,
      headers: { 'content-type': type, ...headers },
      body,
      ...(patienceMs !== undefined && method.isStream && { patienceMs })
    })
    await connection.close()
    return answer
  }
  const trail = async () =>
    (await server.get('/audit?outcome=refused&limit=500', { headers: bearer(secrets.admin) })).json<
      { action: string; code: string; door: string; caller: string; scope: string | null }[]
    >()
  return { ...server, secrets, call, trail }
}

t.test('every method of the service needs the scope of its REST operation', async (t) => {
  const { get } = await serve(t)
  type Document = {
    paths: Record<string, Record<string, { operationId: string; security: Record<string, string[]>[] }>>
  }
  const { paths } = (await get('/openapi.json')).json<Document>()
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
  t.equal(CLOSED.length, DockerService.methods.length)
  for (const { name, need, operation } of CLOSED)
    t.strictSame(operations.find(({ operationId }) => operationId === operation)?.security, [{ bearer: [need] }], name)
})

t.test('without a valid token only health and reflection answer', async (t) => {
  const { ask, call, engine, secrets } = await serve(t)
  await ask('DELETE', '/tokens/exec', { headers: bearer(secrets.admin) })
  const kinds: Record<string, Headers> = {
    'no token': {},
    'an empty one': { authorization: '' },
    'a malformed one': { authorization: secrets.admin },
    'another one': bearer('berth_nonsense'),
    'one letter more': bearer(`${secrets.admin}x`),
    'an expired one': bearer(secrets.expired),
    'a revoked one': bearer(secrets.exec),
    'one in a cookie': { cookie: `authorization=${secrets.admin}` },
    'one as a password': { authorization: `Basic ${Buffer.from(`x:${secrets.admin}`).toString('base64')}` }
  }
  const before = engine.writes().length
  for (const protocol of BOTH)
    for (const [kind, headers] of Object.entries(kinds))
      for (const method of CLOSED)
        t.match(
          await call(method, protocol, headers),
          { status: 'UNAUTHENTICATED', reason: 'UNAUTHORIZED' },
          `${method.name} by ${protocol} with ${kind}`
        )
  t.equal(engine.writes().length, before)
  for (const protocol of BOTH)
    for (const headers of Object.values(kinds))
      for (const method of METHODS.filter(({ need }) => need === 'open')) {
        const { status, left } = await call(method, protocol, headers, PATIENCE_MS)
        t.ok(status === 'OK' || left, `${method.path} by ${protocol}`)
      }
})

t.test('each scope opens its own methods only, and admin opens all', async (t) => {
  const { call, engine, secrets } = await serve(t)
  for (const protocol of BOTH)
    for (const scope of SCOPES)
      for (const method of METHODS) {
        const { name, need } = method
        const isAllowed = need === 'open' || need === scope || scope === 'admin'
        const before = engine.writes().length
        const answer = await call(method, protocol, bearer(secrets[scope]), isAllowed ? PATIENCE_MS : undefined)
        const what = `${name} by ${protocol} with ${scope}`
        if (isAllowed) t.notOk(['UNAUTHORIZED', 'FORBIDDEN'].includes(answer.reason ?? ''), what)
        else {
          t.match(answer, { status: 'PERMISSION_DENIED', reason: 'FORBIDDEN' }, what)
          t.equal(engine.writes().length, before, what)
        }
      }
})

t.test('every method records a refused caller in the audit trail', async (t) => {
  // A server records twenty refusals a minute and counts the rest.
  for (let from = 0; from < CLOSED.length; from += 10) {
    const { call, trail, secrets } = await serve(t)
    const some = CLOSED.slice(from, from + 10)
    for (const method of some) {
      await call(method, 'grpc', {})
      await call(method, 'connect', bearer(secrets[method.need === 'exec' ? 'read' : 'exec']))
    }
    const entries = await trail()
    for (const { operation, need, name } of some) {
      const own = entries.filter(({ action, scope, door }) => action === operation && scope === need && door === 'grpc')
      t.ok(
        own.some(({ code, caller }) => code === 'UNAUTHORIZED' && caller === 'nobody'),
        name
      )
      t.ok(
        own.some(({ code, caller }) => code === 'FORBIDDEN' && caller === (need === 'exec' ? 'read' : 'exec')),
        name
      )
    }
  }
})

t.test('every method refuses another host name and another page, even with an admin token', async (t) => {
  const { call, engine, secrets } = await serve(t)
  const visitors: [reason: string, headers: Headers][] = [
    ['HOST_NOT_ALLOWED', { ':authority': 'evil.example' }],
    ['HOST_NOT_ALLOWED', { ':authority': '127.0.0.1.evil.example:50051' }],
    ['HOST_NOT_ALLOWED', { ':authority': 'evil.example', host: '127.0.0.1' }],
    ['CROSS_ORIGIN_REFUSED', { origin: 'http://evil.example' }],
    ['CROSS_ORIGIN_REFUSED', { origin: 'null' }],
    ['CROSS_ORIGIN_REFUSED', { origin: 'http://127.0.0.1:8005' }],
    ['CROSS_ORIGIN_REFUSED', { 'sec-fetch-site': 'same-site' }],
    ['CROSS_ORIGIN_REFUSED', { 'sec-fetch-site': 'none' }]
  ]
  const before = engine.writes().length
  for (const protocol of BOTH)
    for (const [reason, headers] of visitors)
      for (const method of METHODS)
        t.match(
          await call(method, protocol, { ...bearer(secrets.admin), ...headers }),
          { status: 'PERMISSION_DENIED', reason },
          `${method.path} by ${protocol} with ${JSON.stringify(headers)}`
        )
  t.equal(engine.writes().length, before)
})

t.test('no method accepts requests that a page can send without a preflight, GET or gRPC-Web', async (t) => {
  const { call, engine, secrets } = await serve(t)
  const before = engine.writes().length
  for (const method of METHODS) {
    // A page can send JSON and the types of gRPC only after a preflight, which gets no answer.
    for (const type of [
      'text/plain',
      'multipart/form-data',
      'application/x-www-form-urlencoded',
      'application/grpc-web'
    ])
      t.equal(
        (await call(method, 'connect', { ...bearer(secrets.admin), 'content-type': type })).http,
        415,
        method.path
      )
    t.equal((await call(method, 'connect', { ...bearer(secrets.admin), ':method': 'GET' })).http, 405, method.path)
  }
  t.equal(engine.writes().length, before)
})
