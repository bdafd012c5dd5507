import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import t from 'tap'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { buildRpc, refusal } from '../helpers/grpc.ts'

const pem = readFileSync(join(import.meta.dirname, '../fixtures/localhost.pem'))

t.test('with a certificate it speaks TLS, and nothing else', async (t) => {
  const { port, docker: plain } = await buildRpc(t, { tls: { cert: pem, key: pem } })
  const client = (options: object) =>
    createClient(DockerService, createGrpcTransport({ baseUrl: `https://localhost:${port}`, nodeOptions: options }))
  t.match(await client({ ca: pem }).getDockerPorts({}), { totalPorts: 999 })
  t.match(await refusal(client({}).getDockerPorts({})), { reason: undefined }, 'a certificate that nobody vouches for')
  t.match(await refusal(plain.getDockerPorts({})), { reason: undefined }, 'without TLS')
})
