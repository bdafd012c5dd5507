// Networks on which containers find each other by name: which there are, and making and removing those of Berth.

import type { Caller } from '../access/caller.ts'
import { checkMayChange, maySee, ownerOf, ownerOfNamed, seenBy, type Owner } from '../access/ownership.ts'
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
  policy: Pick<Policy, 'check' | 'allows' | 'names' | 'limits'>
  instanceId: string
}

export function createNetworkService({ engine, containers, policy, instanceId }: Options) {
  // An engine may create both of two concurrent networks of the same name; and quotas are counted one by one.
  const inTurn = createSemaphore(1)

  const usersOf = (name: string) =>
    [...containers()].filter(({ networks }) => networks.some((place) => place.name === name))
  /** The engine's own are there for everybody. */
  const ownerOfNetwork = ({ name, labels }: NetworkRecord): Owner =>
    ownerOfNamed(readFacts(labels), RESERVED_NETWORKS.includes(name) || policy.names({ networks: [name] }))

  function view(caller: Caller, network: NetworkRecord): Network {
    const isUsable = network.joinable && policy.allows({ networks: [network.name] })
    return viewNetwork(network, usersOf(network.name).filter(seenBy(caller)), isUsable)
  }

  async function find(caller: Caller, name: string): Promise<NetworkRecord> {
    const found = (await engine.listNetworks()).find((network) => network.name === name)
    if (found && maySee(caller, ownerOfNetwork(found))) return found
    throw new AppError('NETWORK_NOT_FOUND', `There is no network "${name}". POST /networks creates one.`)
  }

  /** Callers without a token's id are one, as for containers. */
  async function checkCount(owner: string | null): Promise<void> {
    if (!policy.limits('networks')) return
    const isOwn = ({ labels }: NetworkRecord) => {
      const facts = readFacts(labels)
      return facts.managed && facts.owner === owner
    }
    policy.check({ amounts: { networks: (await engine.listNetworks()).filter(isOwn).length + 1 } })
  }

  return {
    async list(caller: Caller): Promise<Network[]> {
      const networks = (await engine.listNetworks()).filter((network) => maySee(caller, ownerOfNetwork(network)))
      return networks.map((network) => view(caller, network))
    },

    /** The owner of a new network. Undefined for a missing one. */
    async ownerOf(id: string): Promise<Owner | undefined> {
      const network = (await engine.listNetworks()).find((each) => each.id === id)
      return network && ownerOfNetwork(network)
    },

    /** Those that this server made and that no container is on. */
    idle: async (): Promise<NetworkRecord[]> =>
      (await engine.listNetworks()).filter(
        ({ name, labels }) => readFacts(labels).instance === instanceId && usersOf(name).length === 0
      ),

    /** Whether nothing leads into the network, so that nothing can be published there. Throws when no container can be on it. */
    async isClosed(caller: Caller, name: string): Promise<boolean> {
      if (name === NO_NETWORK) return true
      const network = await find(caller, name)
      const { joinable, driver, internal } = network
      if (!joinable)
        throw invalidField(
          'network',
          `cannot be "${name}" (${driver}): only bridges and attachable overlays of somebody's own can be used`
        )
      checkMayChange(caller, ownerOfNetwork(network), `The network "${name}"`)
      return internal
    },

    async create(caller: Caller, { name, internal = false, shared }: CreateNetwork): Promise<Network> {
      if (RESERVED_NETWORKS.includes(name)) throw invalidField('name', `cannot be "${name}", which is the engine's own`)
      policy.check({ networks: [name] })
      const owner = { ...ownerOf(caller), ...(shared && { shared }) }
      const labels = writeFacts({ managed: true, instance: instanceId, ...owner })
      return inTurn(async () => {
        await checkCount(caller.tokenId)
        await engine.createNetwork({ name, internal, labels })
        return view(caller, await find(caller, name))
      })
    },

    remove(caller: Caller, name: string): Promise<RemovedNetwork> {
      return inTurn(async () => {
        const network = await find(caller, name)
        if (!readFacts(network.labels).managed)
          throw new AppError('NETWORK_NOT_MANAGED', `Berth did not create the network "${name}".`)
        checkMayChange(caller, ownerOfNetwork(network), `The network "${name}"`)
        policy.check({ networks: [name] })
        const users = view(caller, network).containers.map(({ id, name: user }) => ({ id, name: user }))
        if (usersOf(name).length > 0)
          throw new AppError(
            'NETWORK_IN_USE',
            `The network "${name}" still has containers: ${namesOf(users)}. Remove them first.`,
            { facts: { containers: users } }
          )
        await engine.removeNetwork(network.id)
        return { name, removed: true, message: 'Network removed' }
      })
    }
  }
}

/** Those that the caller may not see have no name here. */
function namesOf(users: { name: string }[]): string {
  return users.length > 0 ? users.map(({ name }) => name).join(', ') : 'those of others'
}
