// The networks of the engine.

import { unlessGone, type Calls } from './calls.ts'
import type { Engine } from './engine.ts'
import { mapNetwork, type RawNetwork } from './map-network.ts'

type NetworkCalls = Pick<Calls, 'ask' | 'change'> & { remove: Calls['change'] }

export function createNetworkCalls({
  ask,
  change,
  remove
}: NetworkCalls): Pick<Engine, 'listNetworks' | 'createNetwork' | 'removeNetwork'> {
  return {
    async listNetworks() {
      const found = await ask<RawNetwork[]>({ method: 'GET', path: '/networks', what: 'list networks' })
      return found.map(mapNetwork)
    },

    async createNetwork({ name, internal, labels }) {
      // Older engines make a second one of the same name unless told not to.
      const body = { Name: name, CheckDuplicate: true, Driver: 'bridge', Internal: internal, Labels: labels }
      const asked = { method: 'POST', path: '/networks/create', body, what: 'create the network' } as const
      return (await change<{ Id: string }>(asked)).Id
    },

    async removeNetwork(id) {
      const removal = remove<void>({ method: 'DELETE', path: `/networks/${id}`, what: 'remove the network' })
      return (
        (await unlessGone(
          'NETWORK_NOT_FOUND',
          removal.then(() => true)
        )) ?? false
      )
    }
  }
}
