// A volume as the API shows it.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { VolumeRecord } from '../engine/contract/volumes.ts'
import { readFacts } from '../engine/labels.ts'
import type { Volume } from './schemas.ts'

const SHORT_ID = 12

export function viewVolume(
  { name, driver, createdAt, labels }: VolumeRecord,
  users: readonly Pick<ContainerRecord, 'id' | 'name' | 'state'>[],
  usable: boolean
): Volume {
  return {
    name,
    driver,
    created: createdAt,
    managed: readFacts(labels).managed,
    usable,
    containers: users.map((user) => ({ id: user.id.slice(0, SHORT_ID), name: user.name, state: user.state }))
  }
}
