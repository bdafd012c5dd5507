// Random calls at the gRPC port, from the descriptors: whatever comes, the status is one of those that docs/grpc.md names,
// nothing is changed for whoever is refused, and the next call is answered. How much is tried: test/helpers/fuzzing.ts.

import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { DescMethod } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { rpcMethods } from '../../src/app.ts'
import { ERRORS, type ErrorCode } from '../../src/errors.ts'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { Health } from '../../src/rpc/gen/grpc/health/v1/health_pb.ts'
import { ServerReflection } from '../../src/rpc/gen/grpc/reflection/v1/reflection_pb.ts'
import type { JsonSchema } from '../helpers/arbitrary.ts'
import { roundsOf, type Round } from '../helpers/fuzzing.ts'
import { buildRpc } from '../helpers/grpc.ts'
import { messageFor, type Encoded } from '../helpers/messages.ts'
import { connectRaw, envelope, type RawAnswer } from '../helpers/raw-grpc.ts'
import { until } from '../helpers/until.ts'

type Headers = Record<string, string>
type Attempt = {
  name: string
  path: string
  headers: Headers
  body: Uint8Array[]
  /** Whether the message is one that a gRPC library would refuse by itself. */
  isBroken: boolean
  isEndless: boolean
}

const TOKEN = 'correct-horse-battery-staple-0123456789'
const DECLARED = rpcMethods({} as Parameters<typeof rpcMethods>[0])
const METHODS = [DockerService, Health, ServerReflection].flatMap(({ methods }) => methods)
/** UNKNOWN and INTERNAL are not among them: a client brings about neither, but what `isNamed` says. */
const STATUSES = [
  'OK',
  'CANCELLED',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'UNIMPLEMENTED',
  'UNAVAILABLE',
  'UNAUTHENTICATED'
]
/** What is no call of a protocol that is spoken here is answered by HTTP alone. */
const HTTP_REFUSALS = [404, 405, 415]
/** The rules of gRPC want INTERNAL for a message that cannot be read, and no details. */
const UNREADABLE = /^(parse binary: |received compressed envelope|decompression failed)/
/** Whoever is answered so must not have reached the engine. */
const REFUSED = [400, 401, 403, 405, 408, 413, 415, 421, 429, 431]
const PATIENCE_MS = 20

const zeros = gzipSync(Buffer.alloc(40 * 1024 ** 2))

/** How a message may come in. The first is how it should. */
function framesOf(
  { binary }: Encoded,
  noise: Uint8Array,
  at: number
): Record<string, [body: Uint8Array[], headers?: Headers]> {
  const good = envelope(binary)
  const cut = at % good.length
  const gzip = { 'grpc-encoding': 'gzip' }
  return {
    whole: [[good]],
    'in pieces': [[good.subarray(0, cut), good.subarray(cut)]],
    compressed: [[envelope(gzipSync(binary), 1)], gzip],
    'unknown fields': [[envelope(Buffer.concat([binary, Buffer.from([0xf8, 0xff, 0x01, 0x07])]))]],
    none: [[]],
    several: [[good, good]],
    truncated: [[good.subarray(0, cut)]],
    'longer than it says': [[good, noise]],
    'shorter than it says': [[envelope(binary, 0, binary.length + 1 + at)]],
    'four gigabytes': [[envelope(binary, 0, 2 ** 32 - 1)]],
    garbage: [[envelope(noise)]],
    'another wire type': [[envelope(Buffer.from(binary.map((byte, index) => (index === 0 ? byte ^ (at % 8) : byte))))]],
    'flags that are not used': [[envelope(binary, at % 256)]],
    'compressed, not saying how': [[envelope(gzipSync(binary), 1)]],
    'compressed, but not so': [[envelope(binary, 1)], gzip],
    'compressed to be large': [[envelope(zeros, 1)], gzip],
    'compressed in an unknown way': [[envelope(binary, 1)], { 'grpc-encoding': 'snappy' }],
    'only bytes': [[noise]]
  }
}
const WHOLE = ['whole', 'in pieces', 'compressed', 'unknown fields']
const KINDS = Object.keys(framesOf({ binary: new Uint8Array(), json: '' }, new Uint8Array(), 0))

/** Connect's own protocol, which is spoken on the same port. */
function connectOf(
  { binary, json }: Encoded,
  isStream: boolean,
  noise: Uint8Array
): Record<string, [Uint8Array[], Headers]> {
  const framed = isStream ? envelope(Buffer.from(json)) : Buffer.from(json)
  const type = isStream ? 'application/connect+' : 'application/'
  return {
    json: [[framed], { 'content-type': `${type}json` }],
    proto: [[isStream ? envelope(binary) : Buffer.from(binary)], { 'content-type': `${type}proto` }],
    'json of the other kind': [
      [framed],
      { 'content-type': isStream ? 'application/json' : 'application/connect+json' }
    ],
    'no json': [[noise], { 'content-type': `${type}json` }],
    'json of gRPC': [[envelope(Buffer.from(json))], { 'content-type': 'application/grpc+json' }],
    'compressed json': [
      [isStream ? envelope(noise, 1) : noise],
      { 'content-type': `${type}json`, 'content-encoding': 'gzip' }
    ]
  }
}

const oddHeaders: fc.Arbitrary<Headers> = fc
  .record(
    {
      authorization: fc.constantFrom('', 'Bearer wrong', `Basic ${TOKEN}`, TOKEN),
      ':authority': fc.constantFrom(
        'evil.example',
        'localhost:50051',
        '127.0.0.1.',
        '[::1]:1',
        '[',
        'a:99999',
        ':',
        '\u00e9'
      ),
      ':method': fc.constantFrom('PUT', 'PATCH', 'OPTIONS', 'DELETE'),
      origin: fc.constantFrom('null', 'http://127.0.0.1:8005', ''),
      'sec-fetch-site': fc.constantFrom('same-origin', 'same-site', 'x'),
      'content-type': fc.constantFrom(
        'text/plain',
        'application/grpc-web',
        'application/grpc+xml',
        ' ',
        'application/grpc;x'
      ),
      'grpc-timeout': fc.constantFrom('', 'x', '-1S', '1', '999999999999H', '1.5S', '0n', '99999999H'),
      'grpc-accept-encoding': fc.constantFrom('', 'gzip', ',,,', 'br;q=1'),
      'grpc-encoding': fc.constantFrom('identity', '', 'br'),
      'connect-timeout-ms': fc.constantFrom('', '-1', 'x', '99999999999'),
      'connect-protocol-version': fc.constantFrom('', '2'),
      'x-request-id': fc.constantFrom('', 'mine', 'x'.repeat(200), 'a b'),
      'x-bin': fc.constant('x'),
      'metadata-bin': fc.constantFrom('%%%', 'AAA', ''),
      'x-long': fc.constantFrom('x'.repeat(10_000), 'x'.repeat(70_000)),
      te: fc.constantFrom('trailers', 'trailers;q=0.5')
    },
    { requiredKeys: [] }
  )
  .chain((all) => fc.subarray(Object.entries(all), { minLength: 1, maxLength: 3 }))
  .map((some) => Object.fromEntries(some))

const oddPaths = fc.oneof(
  fc.constantFrom('/', '//', '/berth.docker.v1.DockerService', '/berth.docker.v1.DockerService/', '/x?y=%zz'),
  fc.webPath(),
  fc.constantFrom(...METHODS).map(({ parent, name }) => `/${parent.typeName}/${name.toLowerCase()}`)
)

function attemptsAt(method: DescMethod): fc.Arbitrary<Attempt> {
  const isStream = method.methodKind !== 'unary'
  const declared = method.parent === DockerService ? DECLARED[method.localName as keyof typeof DECLARED] : undefined
  const seldom = <T>(usual: T, odd: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd })
  return fc
    .record({
      message: messageFor(method.input, (declared?.request ?? {}) as JsonSchema),
      noise: fc.uint8Array({ maxLength: 40 }),
      at: fc.nat(1_000),
      kind: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...WHOLE) },
        { weight: 1, arbitrary: fc.constantFrom(...KINDS) }
      ),
      connectKind: fc.option(
        fc.constantFrom(...Object.keys(connectOf({ binary: new Uint8Array(), json: '' }, false, new Uint8Array()))),
        { freq: 4 }
      ),
      odd: seldom({}, oddHeaders),
      path: seldom(`/${method.parent.typeName}/${method.name}`, oddPaths)
    })
    .map(({ message, noise, at, kind, connectKind, odd, path }) => {
      const byGrpc = framesOf(message, noise, at)[kind] ?? [[]]
      const byConnect = connectKind === null ? undefined : connectOf(message, isStream, noise)[connectKind]
      const [body, headers = {}] = byConnect ?? byGrpc
      return {
        name: `${method.name}, ${connectKind ?? kind}, ${JSON.stringify(odd)}, ${message.json.slice(0, 500)}`,
        path,
        headers: { authorization: `Bearer ${TOKEN}`, ...headers, ...odd },
        body,
        isBroken: !WHOLE.includes(kind) || connectKind !== null || 'grpc-encoding' in odd || 'content-type' in odd,
        isEndless: isStream && declared?.operation !== 'createBuild' && !/^Stream.*Pu(ll|sh)$/.test(method.name)
      }
    })
}

/** Why an answer is none that the document names. */
function fault({ http, status, message, reason }: RawAnswer, { isBroken }: Attempt): string | undefined {
  if (status === undefined) return HTTP_REFUSALS.includes(http) ? undefined : `HTTP ${http}`
  if (status === 'UNKNOWN') return reason && ERRORS[reason as ErrorCode].status === 502 ? undefined : 'UNKNOWN'
  if (status === 'INTERNAL') return isBroken && !reason && UNREADABLE.test(message) ? undefined : 'INTERNAL'
  return STATUSES.includes(status) ? undefined : `the status ${status}`
}

function isRefused({ http, status, reason }: RawAnswer): boolean {
  if (reason === undefined) return status !== 'OK' || HTTP_REFUSALS.includes(http)
  return REFUSED.includes(ERRORS[reason as ErrorCode].status)
}

async function serve(t: Test) {
  const errors: string[] = []
  const logger = pino({ level: 'error' }, { write: (line: string) => void errors.push(line) })
  const server = await buildRpc(t, {
    logger,
    env: {
      BERTH_EXEC: 'true',
      BERTH_PORT_RANGE: '8001-8015',
      BERTH_TOKEN: TOKEN,
      BERTH_CHANGES_PER_SECOND: '0'
    }
  })
  const authorization = { authorization: `Bearer ${TOKEN}` }
  t.teardown(() => void server.engine.calls.splice(0))
  server.engine.add({ name: 'foreign' })
  await server.post('/containers', { name: 'web' }, authorization)
  let raw = connectRaw(server.port)
  t.teardown(() => raw.close())

  async function call(attempt: Attempt, patienceMs?: number): Promise<RawAnswer | undefined> {
    // A frame that HTTP/2 does not allow costs the connection.
    if (raw.session.closed || raw.session.destroyed) raw = connectRaw(server.port)
    try {
      return await raw.call({ ...attempt, ...(patienceMs !== undefined && { patienceMs }) })
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException
      // Not everything is a header, which the client's own library finds out, or the server's before there is a call.
      if (/^ERR_(INVALID_CHAR|HTTP2_(INVALID|GOAWAY|SESSION|HEADER|CONNECT))/.test(code)) return undefined
      if (
        code === 'ERR_HTTP2_STREAM_ERROR' &&
        /PROTOCOL_ERROR|REFUSED_STREAM|ENHANCE_YOUR_CALM|COMPRESSION/.test(message)
      )
        return undefined
      throw new Error(`${attempt.name}: ${code} ${message}`, { cause: error })
    }
  }
  const works = async () => {
    const authority = { name: 'the next call', path: '/grpc.health.v1.Health/Check', headers: {}, body: [envelope()] }
    const answer = await call({ ...authority, isBroken: false, isEndless: false })
    if (answer?.status !== 'OK') throw new Error(`health says ${answer?.http} ${answer?.status}`)
  }
  const buildsAreOver = () =>
    until(async () => {
      const found = ['pending', 'in_progress'].map((status) =>
        server.get(`/builds?status=${status}`, { headers: authorization })
      )
      return (await Promise.all(found)).every((answer) => answer.json<unknown[]>().length === 0)
    })
  return { ...server, authorization, errors, call, works, buildsAreOver, hangUp: () => raw.close() }
}

const attempts = fc.oneof(...METHODS.map(attemptsAt))

for (const round of roundsOf({ usual: 1_500, full: 20_000 })) {
  t.test(`every call is answered with a status of the document, ${round.name}`, async (t) => statusesAreNamed(t, round))
  t.test(`who goes away leaves nothing behind, ${round.name}`, async (t) => nothingIsLeft(t, round))
}

async function statusesAreNamed(t: Test, { numRuns, seed }: Round): Promise<void> {
  const { call, works, engine, errors, buildsAreOver, hangUp } = await serve(t)
  await works()
  const handles = process.getActiveResourcesInfo().length
  const met = new Map<string, number>()

  async function check(attempt: Attempt): Promise<void> {
    const before = engine.writes().length
    const answer = await call(attempt, attempt.isEndless ? PATIENCE_MS : undefined)
    const seen = answer ? (answer.left ? 'left' : (answer.status ?? `HTTP ${answer.http}`)) : 'no call'
    met.set(seen, (met.get(seen) ?? 0) + 1)
    const fail = (why: string) => {
      throw new Error(
        `${why}: ${attempt.name} at ${attempt.path}: ${answer?.http} ${answer?.reason} ${answer?.message}`
      )
    }
    if (errors.length > 0) fail(`logged as an error: ${errors.join()}`)
    if (!answer || answer.left) return
    const wrong = fault(answer, attempt)
    if (wrong) fail(wrong)
    // Whether an image has a health check is known when the container is there, which is removed again.
    const isLate = / wait /.test(answer.message)
    if (isRefused(answer) && !isLate && engine.writes().length > before)
      fail('refused, but the engine was asked to change something')
    if (/Build/.test(attempt.path)) await buildsAreOver()
  }
  await fc.assert(fc.asyncProperty(attempts, check), { numRuns, seed })
  t.comment(
    `answers: ${[...met]
      .toSorted()
      .map(([status, count]) => `${count} × ${status}`)
      .join(', ')}`
  )
  for (const status of [
    'OK',
    'INVALID_ARGUMENT',
    'NOT_FOUND',
    'UNAUTHENTICATED',
    'UNIMPLEMENTED',
    'HTTP 404',
    'HTTP 415'
  ])
    t.ok(met.has(status), `${status} was met`)
  await works()
  await hangUp()
  await until(() => process.getActiveResourcesInfo().length <= handles)
}

async function nothingIsLeft(t: Test, { numRuns, seed }: Round): Promise<void> {
  const { call, works, engine, ask, get, authorization, errors, buildsAreOver } = await serve(t)
  const endings = fc.record({
    attempt: attempts,
    patienceMs: fc.integer({ min: 0, max: 5 }),
    timeout: fc.option(fc.constantFrom('1n', '1u', '1m', '3m'))
  })
  const check = async ({
    attempt,
    patienceMs,
    timeout
  }: {
    attempt: Attempt
    patienceMs: number
    timeout: string | null
  }) => {
    const headers = { ...attempt.headers, ...(timeout !== null && { 'grpc-timeout': timeout }) }
    const answer = await call({ ...attempt, headers }, patienceMs)
    if (errors.length > 0) throw new Error(`${attempt.name}: ${errors.join()}`)
    const wrong = answer && !answer.left && fault(answer, attempt)
    if (wrong) throw new Error(`${wrong}: ${attempt.name} with ${timeout}: ${answer.reason} ${answer.message}`)
  }
  await fc.assert(fc.asyncProperty(endings, check), { numRuns: Math.ceil(numRuns / 4), seed })
  await works()
  await buildsAreOver()
  const names = () => engine.records().flatMap(({ name }) => (name === 'foreign' ? [] : [name]))
  await until(async () => {
    for (const name of names()) await ask('DELETE', `/containers/${name}?force=true`, { headers: authorization })
    const { counts } = (await get('/ports', { headers: authorization })).json<{ counts: Record<string, number> }>()
    return names().length === 0 && counts.leased === 0 && counts.bound === 0 && counts.parked === 0
  })
  // Each that was left gave back its place among the hundred of a token.
  const streams = Array.from({ length: 90 }, () =>
    call(
      {
        name: 'a stream',
        path: '/berth.docker.v1.DockerService/StreamDockerEvents',
        headers: authorization,
        body: [envelope()],
        isBroken: false,
        isEndless: true
      },
      300
    )
  )
  for (const answer of await Promise.all(streams)) t.ok(answer?.left, `${answer?.status}`)
}

t.test('what is not HTTP/2 at all ends its connection, and nothing else', async (t) => {
  const { port, works } = await serve(t)
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((noise) => Buffer.from(noise)),
    fc.uint8Array({ maxLength: 300 }).map((noise) => Buffer.concat([preface, noise])),
    fc
      .constantFrom('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', 'POST', '\r\n\r\n', '\x16\x03\x01')
      .map((text) => Buffer.from(text))
  )
  const check = async (sent: Buffer) => {
    const socket = connect(port, '127.0.0.1')
    await new Promise<void>((resolve) => {
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      socket.resume().end(sent)
    })
    await works()
  }
  await fc.assert(fc.asyncProperty(bytes, check), { numRuns: 200, seed: 8000 })
  t.pass('the server lives')
})
