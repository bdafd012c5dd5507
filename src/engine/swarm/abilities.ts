// The options that a service cannot have, refused before the create, and warnings about differences from one engine. Pure.

import type { ContainerSpec } from '../contract/containers.ts'
import { AppError } from '../../errors.ts'
import { NO_NETWORK } from '../network-names.ts'
import { isPinned, withholdsPrivileges } from './map-service.ts'
import type { RawService } from './schemas/services.ts'

export function checkCan({ runtime, network, limits: { storageBytes, ioWeight } }: ContainerSpec): void {
  if (storageBytes !== null || ioWeight !== null)
    throw new AppError(
      'LIMIT_UNAVAILABLE',
      `Docker Swarm cannot limit the ${storageBytes === null ? 'block I/O' : 'storage'} of a service.`
    )
  if (runtime !== undefined)
    throw new AppError(
      'RUNTIME_UNAVAILABLE',
      `Docker Swarm runs every service with the default runtime of its node, not with ${runtime}.`
    )
  if (network?.name === NO_NETWORK)
    throw new AppError(
      'ENGINE_UNSUPPORTED',
      'Docker Swarm gives every service a network. Create an internal one and name it.'
    )
}

export function warningsOf(
  { volumes, image: named }: ContainerSpec,
  { image, made }: { image: string; made: RawService | undefined }
): string[] {
  const sources = volumes.map(({ source }) => source)
  return [
    ...(isPinned(image)
      ? []
      : [
          `No known registry has the image ${named}: only nodes that have it locally can run the container. Push it to one, or name the cluster's with BERTH_SWARM_REGISTRY.`
        ]),
    ...(sources.length > 0
      ? [`A volume exists on one node only: on another node, the container finds ${sources.join(', ')} empty.`]
      : []),
    ...(made && !withholdsPrivileges(made.Spec)
      ? ['The Swarm of this engine cannot keep a workload from gaining new privileges (Docker 25 and newer can).']
      : [])
  ]
}
