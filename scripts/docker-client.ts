// dockerode for the scripts, which load, build and import images; the server has its own way to the engine.

import Docker from 'dockerode'
import type { Connection } from '../src/engine/docker/connection.ts'

export function dockerClient(connection: Connection): Docker {
  const { address } = connection.client()
  if (address.kind === 'socket') return new Docker({ socketPath: address.path })
  const { host, port, protocol, tls } = address
  return new Docker({
    host,
    port,
    protocol,
    ...(tls?.ca && { ca: tls.ca }),
    ...(tls?.cert && { cert: tls.cert }),
    ...(tls?.key && { key: tls.key })
  })
}
