import type { Config } from '../config.ts'

/** The ports that no container gets, with the reasons. */
export function reservedPorts({ port, grpcPort, reservedPorts: configured }: Config): Map<number, string> {
  const reserved = new Map(configured.map((number) => [number, 'reserved by BERTH_RESERVED_PORTS']))
  if (grpcPort !== undefined) reserved.set(grpcPort, 'the gRPC services')
  return reserved.set(port, 'the API itself')
}
