// Calls to the gRPC port for its fuzzer, from the descriptors: mostly valid ones, and every kind of invalid one.

import { gzipSync } from 'node:zlib'
import type { DescMethod } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { rpcMethods } from '../../src/features.ts'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { Health } from '../../src/rpc/gen/grpc/health/v1/health_pb.ts'
import { ServerReflection } from '../../src/rpc/gen/grpc/reflection/v1/reflection_pb.ts'
import type { JsonSchema } from './arbitrary.ts'
import { TOKEN } from './fuzzing.ts'
import { messageFor, type Encoded } from './messages.ts'
import { envelope } from './raw-grpc.ts'

type Headers = Record<string, string>
export type Attempt = {
  name: string
  path: string
  headers: Headers
  body: Uint8Array[]
  /** Whether the message is one that a gRPC library would refuse by itself. */
  isBroken: boolean
  isEndless: boolean
}

const DECLARED = rpcMethods({} as Parameters<typeof rpcMethods>[0], async () => {})
const METHODS = [DockerService, Health, ServerReflection].flatMap(({ methods }) => methods)

const zeros = gzipSync(Buffer.alloc(40 * 1024 ** 2))

/** The forms of a message. The first is the valid one. */
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

/** Connect's own protocol, which the same port speaks. */
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

export const attempts = fc.oneof(...METHODS.map(attemptsAt))
