// The networks of the engine.

import { unlessGone, type Calls } from './calls.ts'
import type { EngineNetworks } from '../contract/networks.ts'
import { mapNetwork, type RawNetwork } from './map-network.ts'

export function createNetworkCalls({ ask, change, make }: Calls): EngineNetworks {
  return {
    async listNetworks() {
      const found = await ask<RawNetwork[]>({ method: 'GET', path: '/networks', what: 'list networks' })
      return found.map(mapNetwork)
    },

    async createNetwork({ name, internal, labels }) {
      // Older engines make a second one of the same name unless told not to.
      const body = { Name: name, CheckDuplicate: true, Driver: 'bridge', Internal: internal, Labels: labels }
      const asked = { method: 'POST', path: '/networks/create', body, what: 'create the network' } as const
      return (await make<{ Id: string }>(asked)).Id
    },

    async removeNetwork(id) {
      const removal = change<void>({ method: 'DELETE', path: `/networks/${id}`, what: 'remove the network' })
      return (
        (await unlessGone(
          'NETWORK_NOT_FOUND',
          removal.then(() => true)
        )) ?? false
      )
    }
  }
}
