// A network as the API shows it.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { NetworkRecord } from '../engine/contract/networks.ts'
import { readFacts } from '../engine/labels.ts'
import type { Network } from './schemas.ts'

const SHORT_ID = 12

export function viewNetwork(
  network: NetworkRecord,
  users: readonly Pick<ContainerRecord, 'id' | 'name' | 'state'>[],
  usable: boolean
): Network {
  const { id, name, driver, scope, internal, attachable, subnets } = network
  return {
    id: id.slice(0, SHORT_ID),
    full_id: id,
    name,
    driver,
    scope,
    internal,
    attachable,
    subnets,
    created: network.createdAt,
    managed: readFacts(network.labels).managed,
    usable,
    containers: users.map((user) => ({ id: user.id.slice(0, SHORT_ID), name: user.name, state: user.state }))
  }
}
