// What a service cannot be given, said before one is made, and what is otherwise than on one engine. Pure.

import type { ContainerSpec } from '../contract/containers.ts'
import { AppError } from '../../errors.ts'
import { NO_NETWORK } from '../network-names.ts'
import { isPinned, withholdsPrivileges } from './map-service.ts'
import type { RawService } from './schemas/services.ts'

export function checkCan({ runtime, network }: ContainerSpec): void {
  if (runtime !== undefined)
    throw new AppError(
      'RUNTIME_UNAVAILABLE',
      `Docker Swarm runs every service with the default runtime of its node, not with ${runtime}.`
    )
  if (network?.name === NO_NETWORK)
    throw new AppError(
      'ENGINE_UNSUPPORTED',
      'Docker Swarm gives every service a network; make an internal one and name it.'
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
      : [`No registry is known to have the image ${named}: only nodes that have it themselves can run the container.`]),
    ...(sources.length > 0
      ? [`Volumes of a Swarm are of one node: on another, the container finds ${sources.join(', ')} empty.`]
      : []),
    ...(made && !withholdsPrivileges(made.Spec)
      ? ['The Swarm of this engine cannot keep a workload from gaining new privileges (Docker 25 and newer can).']
      : [])
  ]
}
