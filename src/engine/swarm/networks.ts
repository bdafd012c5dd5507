// Networks that reach every node. Services cannot use those of a single engine.

import type { EngineNetworks } from '../contract/networks.ts'
import type { Calls } from '../docker/calls.ts'
import { createNetworkCalls } from '../docker/networks.ts'

export function createOverlayCalls(calls: Calls): EngineNetworks {
  const networks = createNetworkCalls(calls, { Driver: 'overlay', Attachable: true })
  return {
    ...networks,
    async listNetworks() {
      const found = await networks.listNetworks()
      return found.map((network) => ({ ...network, joinable: network.joinable && network.scope === 'swarm' }))
    }
  }
}
