// An image as the API shows it.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { ImageRecord, ImageSummary } from '../engine/contract/images.ts'
import { isReservedLabel, readFacts } from '../engine/labels.ts'
import type { Image, ImageDetails } from './schemas.ts'

const SHORT_ID = 12

export type Users = readonly Pick<ContainerRecord, 'id' | 'name' | 'state'>[]

export function viewImage(image: ImageSummary, users: Users): Image {
  return {
    id: image.id.replace(/^sha256:/, '').slice(0, SHORT_ID),
    full_id: image.id,
    tags: image.tags,
    digests: image.digests,
    created: image.createdAt,
    size: image.sizeBytes,
    labels: Object.fromEntries(Object.entries(image.labels).filter(([name]) => !isReservedLabel(name))),
    managed: readFacts(image.labels).managed,
    containers: viewUsers(users)
  }
}

export function viewDetails(image: ImageRecord, users: Users): ImageDetails {
  return {
    ...viewImage(image, users),
    architecture: image.architecture,
    os: image.os,
    exposed_ports: image.exposedPorts.map(({ port, protocol }) => `${port}/${protocol}`),
    command: image.command,
    entrypoint: image.entrypoint,
    env: image.envNames,
    working_dir: image.workingDir,
    user: image.user,
    volumes: image.volumes,
    layers: image.layers
  }
}

export function viewUsers(users: Users): Image['containers'] {
  return users.map(({ id, name, state }) => ({ id: id.slice(0, SHORT_ID), name, state }))
}
