import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import t from 'tap'
import { DockerService } from '../../src/rpc/gen/docker_management_pb.ts'
import { buildRpc, refusal } from '../helpers/grpc.ts'

const pem = readFileSync(join(import.meta.dirname, '../fixtures/localhost.pem'))

t.test('with a certificate the server speaks only TLS', async (t) => {
  const { port, docker: plain } = await buildRpc(t, { tls: { cert: pem, key: pem } })
  const client = (options: object) =>
    createClient(DockerService, createGrpcTransport({ baseUrl: `https://localhost:${port}`, nodeOptions: options }))
  t.match(await client({ ca: pem }).getDockerPorts({}), { totalPorts: 999 })
  t.match(await refusal(client({}).getDockerPorts({})), { reason: undefined }, 'an untrusted certificate')
  t.match(await refusal(plain.getDockerPorts({})), { reason: undefined }, 'without TLS')
})

t.test('REST and gRPC require TLS with forward secrecy and authenticated encryption', async (t) => {
  const { port: grpcPort, app } = await buildRpc(t, { tls: { cert: pem, key: pem } })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  const shake = (to: number, options: object) =>
    new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: to, ca: pem, servername: 'localhost', ...options }, () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().name}`)
        socket.destroy()
      })
      socket.on('error', () => resolve('refused'))
    })
  const old = { maxVersion: 'TLSv1.2' } as const
  for (const each of [port, grpcPort]) {
    t.match(await shake(each, {}), /^TLSv1.3 /)
    t.equal(
      await shake(each, { ...old, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
      'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256'
    )
    t.equal(await shake(each, { ...old, ciphers: 'ECDHE-ECDSA-AES256-SHA' }), 'refused', 'CBC')
    t.equal(await shake(each, { ...old, ciphers: 'AES128-GCM-SHA256' }), 'refused', 'the key exchange of RSA')
    t.equal(await shake(each, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }), 'refused')
  }
})
