// Runs a container through Berth's gRPC services, inspects it, and removes it again.
//
//   node client.ts http://127.0.0.1:50051 [image]
//
// The generated code is Berth's own; elsewhere protoc-gen-es generates it from docker_management.proto: see docs/grpc.md.

import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { DockerService } from '../../../src/rpc/gen/docker_management_pb.ts'

const [address = 'http://127.0.0.1:50051', image] = process.argv.slice(2)
const { BERTH_TOKEN: token } = process.env
const say = (text: string) => process.stdout.write(`${text}\n`)

const docker = createClient(
  DockerService,
  createGrpcTransport({
    baseUrl: address,
    interceptors: [
      (next) => (request) => {
        if (token) request.header.set('authorization', `Bearer ${token}`)
        return next(request)
      }
    ]
  })
)

const { container } = await docker.runDockerContainer({
  ...(image && { image, command: ['sh', '-c', 'echo $GREETING; exec sleep 600'] }),
  ports: [{ containerPort: 5000 }],
  env: { GREETING: 'hello' }
})
const name = container?.name ?? ''
say(`${name} is ${container?.state} at ${container?.ports['5000/tcp']}`)

for await (const { event } of docker.streamDockerStats({ name })) {
  if (event.case !== 'stats') continue
  say(`it uses ${event.value.memoryUsage} and ${event.value.cpuPercent} % of a core`)
  break
}

const { lines } = await docker.getDockerLogs({ name, tail: 10 })
for (const { stream, line } of lines) say(`${stream}: ${line}`)

for (let time = 0; time < 2; time++) say((await docker.stopDockerContainer({ name, timeout: 1 })).message)
say((await docker.removeDockerContainer({ name })).message)

try {
  await docker.inspectDockerContainer({ name })
} catch (error) {
  const { code, rawMessage } = ConnectError.from(error)
  say(`${Code[code]}: ${rawMessage}`)
}
process.exit()
