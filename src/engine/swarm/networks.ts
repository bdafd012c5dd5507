// Networks that reach every node. Services cannot use those of a single engine.

import type { EngineNetworks, NetworkRecord } from '../contract/networks.ts'
import type { Calls } from '../docker/calls.ts'
import { createNetworkCalls } from '../docker/networks.ts'

const DRIVER = 'overlay'

export function createOverlayCalls(calls: Calls): EngineNetworks {
  const networks = createNetworkCalls(calls, { Driver: DRIVER, Attachable: true })
  return {
    ...networks,
    listNetworks: async () => (await networks.listNetworks()).map(onSwarm)
  }
}

/** Managers show the driver of a new network only once they have allocated it. */
export function onSwarm(network: NetworkRecord): NetworkRecord {
  if (network.scope !== 'swarm') return { ...network, joinable: false }
  return network.driver === '' ? { ...network, driver: DRIVER, joinable: network.attachable } : network
}
