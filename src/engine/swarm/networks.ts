// Networks that reach every node. Services cannot use those of a single engine.

import type { EngineNetworks } from '../contract/networks.ts'
import type { Calls } from '../docker/calls.ts'
import { readMade } from '../docker/schemas/schema.ts'

export function createNetworkCalls({ make }: Pick<Calls, 'make'>, own: EngineNetworks): EngineNetworks {
  return {
    removeNetwork: own.removeNetwork,

    async listNetworks() {
      const found = await own.listNetworks()
      return found.map((network) => ({ ...network, joinable: network.joinable && network.scope === 'swarm' }))
    },

    async createNetwork({ name, internal, labels }) {
      const body = {
        Name: name,
        CheckDuplicate: true,
        Driver: 'overlay',
        Attachable: true,
        Internal: internal,
        Labels: labels
      }
      const asked = {
        method: 'POST',
        path: '/networks/create',
        body,
        what: 'create the network',
        answer: readMade
      } as const
      return (await make(asked)).Id
    }
  }
}
