// Networks on which containers find each other by name: which there are, and making and removing those of Berth.

import type { Policy } from '../access/policy.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineNetworks, NetworkRecord } from '../engine/contract/networks.ts'
import { readFacts, writeFacts } from '../engine/labels.ts'
import { NO_NETWORK, RESERVED_NETWORKS } from '../engine/network-names.ts'
import { AppError, invalidField } from '../errors.ts'
import { createSemaphore } from '../lib/semaphore.ts'
import type { CreateNetwork, Network, RemovedNetwork } from './schemas.ts'
import { viewNetwork } from './view.ts'

export type NetworkService = ReturnType<typeof createNetworkService>

type Options = {
  engine: EngineNetworks
  containers: () => Iterable<ContainerRecord>
  policy: Pick<Policy, 'check' | 'allows' | 'limitsNetworks'>
  instanceId: string
}

export function createNetworkService({ engine, containers, policy, instanceId }: Options) {
  // An engine that is asked for the same name twice at once may make both; and what somebody has is counted one by one.
  const inTurn = createSemaphore(1)

  const usersOf = (name: string) =>
    [...containers()].filter(({ networks }) => networks.some((place) => place.name === name))
  const view = (network: NetworkRecord): Network =>
    viewNetwork(network, usersOf(network.name), network.joinable && policy.allows({ networks: [network.name] }))

  async function find(name: string): Promise<NetworkRecord> {
    const found = (await engine.listNetworks()).find((network) => network.name === name)
    if (found) return found
    throw new AppError('NETWORK_NOT_FOUND', `There is no network "${name}". POST /networks makes one.`)
  }

  /** Callers without a token's id are one, as for containers. */
  async function checkCount(owner: string | null): Promise<void> {
    if (!policy.limitsNetworks) return
    const isOwn = ({ labels }: NetworkRecord) => {
      const facts = readFacts(labels)
      return facts.managed && facts.owner === owner
    }
    policy.check({ ownNetworks: (await engine.listNetworks()).filter(isOwn).length + 1 })
  }

  return {
    list: async (): Promise<Network[]> => (await engine.listNetworks()).map(view),

    /** Whether nothing leads into the network, so that nothing can be published there. Throws when no container can be on it. */
    async isClosed(name: string): Promise<boolean> {
      if (name === NO_NETWORK) return true
      const { joinable, driver, internal } = await find(name)
      if (!joinable)
        throw invalidField(
          'network',
          `cannot be "${name}" (${driver}): only bridges and attachable overlays of somebody's own can be used`
        )
      return internal
    },

    /** `owner` is the id of the token that asks, if it has one. */
    async create({ name, internal = false }: CreateNetwork, owner: string | null): Promise<Network> {
      if (RESERVED_NETWORKS.includes(name)) throw invalidField('name', `cannot be "${name}", which is the engine's own`)
      policy.check({ networks: [name] })
      const labels = writeFacts({ managed: true, instance: instanceId, owner })
      return inTurn(async () => {
        await checkCount(owner)
        await engine.createNetwork({ name, internal, labels })
        return view(await find(name))
      })
    },

    remove(name: string): Promise<RemovedNetwork> {
      return inTurn(async () => {
        const network = await find(name)
        if (!readFacts(network.labels).managed)
          throw new AppError('NETWORK_NOT_MANAGED', `The network "${name}" was not made by Berth.`)
        policy.check({ networks: [name] })
        const users = view(network).containers.map(({ id, name: user }) => ({ id, name: user }))
        if (users.length > 0)
          throw new AppError(
            'NETWORK_IN_USE',
            `On the network "${name}" are still: ${users.map((user) => user.name).join(', ')}. Remove these containers first.`,
            { facts: { containers: users } }
          )
        await engine.removeNetwork(network.id)
        return { name, removed: true, message: 'Network removed' }
      })
    }
  }
}
