// The cost that gRPC adds to a call, beside the same call over REST. Both use Node's bare clients, so that the server is
// measured.

import { once } from 'node:events'
import http2, { type ClientHttp2Session } from 'node:http2'
import { create, toBinary } from '@bufbuild/protobuf'
import { InspectDockerContainerRequestSchema as Request } from '../../src/rpc/gen/docker_management_pb.ts'
import { IMAGE } from '../helpers/engine.ts'
import { API, ENGINE, median, ms, must, timed, type Row, type Target } from './harness.ts'

const CALLS = 500
const AIM_MS = 1.5

export async function benchGrpc(berth: Target, grpcPort: number): Promise<Row[]> {
  const session = http2.connect(`http://127.0.0.1:${grpcPort}`)
  const body = { image: IMAGE, command: ['sleep', '3600'] }
  const { id } = JSON.parse(await must(berth, 'POST', '/containers', body)) as { id: string }
  const message = Buffer.from(toBinary(Request, create(Request, { name: id })))
  const first = await timed(() => inspect(session, message))
  const rest: number[] = []
  const grpc: number[] = []
  for (let call = 0; call < CALLS; call++) {
    rest.push(await timed(() => must(berth, 'GET', `/containers/${id}`)))
    grpc.push(await timed(() => inspect(session, message)))
  }
  session.close()
  await must(ENGINE, 'DELETE', `${API}/containers/${id}?force=1`)
  const added = median(grpc) - median(rest)
  return [
    {
      what: 'a unary call over gRPC',
      ours: ms(median(grpc)),
      beside: `over REST ${ms(median(rest))}`,
      ratio: `${ms(added)} more`,
      aim: `<= ${AIM_MS} ms more`,
      met: added <= AIM_MS
    },
    { what: 'the first gRPC call', ours: ms(first), beside: '', ratio: '', aim: '', met: null }
  ]
}

async function inspect(session: ClientHttp2Session, message: Buffer): Promise<void> {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/berth.docker.v1.DockerService/InspectDockerContainer',
    'content-type': 'application/grpc',
    te: 'trailers'
  })
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  const told = once(stream, 'trailers')
  stream.resume().end(Buffer.concat([head, message]))
  const [trailers] = (await told) as [Record<string, string>]
  if (trailers['grpc-status'] !== '0') throw new Error(`the call ended with ${trailers['grpc-status']}`)
}
