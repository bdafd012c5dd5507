// What gRPC adds to a call, beside the same call over REST.

import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { IMAGE } from '../helpers/engine.ts'
import { API, ENGINE, median, ms, must, timed, type Row, type Target } from './harness.ts'

const CALLS = 500
const AIM_MS = 1.5

export async function benchGrpc(berth: Target, grpcPort: number): Promise<Row[]> {
  const docker = createClient(DockerService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${grpcPort}` }))
  const body = { image: IMAGE, command: ['sleep', '3600'] }
  const { id } = JSON.parse(await must(berth, 'POST', '/containers', body)) as { id: string }
  const first = await timed(() => docker.getDockerStats({ name: id }))
  const rest: number[] = []
  const grpc: number[] = []
  for (let call = 0; call < CALLS; call++) {
    rest.push(await timed(() => must(berth, 'GET', `/containers/${id}`)))
    grpc.push(await timed(() => docker.inspectDockerContainer({ name: id })))
  }
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
