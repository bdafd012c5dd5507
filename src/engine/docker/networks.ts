// The networks of the engine.

import { unlessGone, type Calls } from './calls.ts'
import type { EngineNetworks } from '../contract/networks.ts'
import { BRIDGE_NAME, mapNetwork } from './map-network.ts'
import { readNetworks } from './schemas/networks.ts'
import { readMade } from './schemas/schema.ts'

type Driver = { Driver: 'bridge' } | { Driver: 'overlay'; Attachable: true }

export function createNetworkCalls(
  { ask, change, make }: Calls,
  driver: Driver = { Driver: 'bridge' }
): EngineNetworks {
  return {
    async listNetworks() {
      const found = await ask({ method: 'GET', path: '/networks', what: 'list networks', answer: readNetworks })
      return found.map(mapNetwork)
    },

    async createNetwork({ name, internal, labels, bridge }) {
      const body = {
        Name: name,
        // Older engines create a second network of the same name unless told not to.
        CheckDuplicate: true,
        ...driver,
        Internal: internal,
        Labels: labels,
        ...(bridge !== undefined && { EnableIPv6: false, Options: { [BRIDGE_NAME]: bridge } })
      }
      const asked = {
        method: 'POST',
        path: '/networks/create',
        body,
        what: 'create the network',
        answer: readMade
      } as const
      return (await make(asked)).Id
    },

    async removeNetwork(id) {
      const removal = change({ method: 'DELETE', path: `/networks/${id}`, what: 'remove the network' })
      return (
        (await unlessGone(
          'NETWORK_NOT_FOUND',
          removal.then(() => true)
        )) ?? false
      )
    }
  }
}
