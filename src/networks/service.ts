// Networks on which containers find each other by name: lists all, creates and removes those of Berth.

import type { Caller } from '../access/caller.ts'
import { checkMayChange, maySee, ownerOf, ownerOfNamed, seenBy, type Owner } from '../access/ownership.ts'
import type { Policy } from '../access/policy.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineNetworks, NetworkRecord } from '../engine/contract/networks.ts'
import { readFacts, writeFacts } from '../engine/labels.ts'
import { NO_NETWORK, RESERVED_NETWORKS } from '../engine/network-names.ts'
import { AppError, invalidField, isAppError } from '../errors.ts'
import { createSemaphore } from '../lib/semaphore.ts'
import { isOwnName, isWalled, newBridge, ownNetwork, whyApart } from './isolation.ts'
import type { CreateNetwork, Network, RemovedNetwork } from './schemas.ts'
import { viewNetwork } from './view.ts'

export type NetworkService = ReturnType<typeof createNetworkService>

type Options = {
  engine: EngineNetworks
  containers: () => Iterable<ContainerRecord>
  policy: Pick<Policy, 'check' | 'allows' | 'names' | 'limits'>
  instanceId: string
  /** The isolation of owners. If absent, they share the engine's networks. */
  walls: { check(): void } | undefined
}

export function createNetworkService({ engine, containers, policy, instanceId, walls }: Options) {
  // An engine may create both of two concurrent networks of the same name; and quotas are counted one by one.
  const inTurn = createSemaphore(1)

  const usersOf = (name: string) =>
    [...containers()].filter(({ networks }) => networks.some((place) => place.name === name))
  /** The engine's own are available to everybody. */
  const ownerOfNetwork = ({ name, labels }: NetworkRecord): Owner =>
    ownerOfNamed(readFacts(labels), RESERVED_NETWORKS.includes(name) || policy.names({ networks: [name] }))

  function view(caller: Caller, network: NetworkRecord): Network {
    const isApart = walls !== undefined && whyApart(caller, network) !== undefined
    const isUsable = network.joinable && policy.allows({ networks: [network.name] }) && !isApart
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
    const isOwn = ({ name, labels }: NetworkRecord) => {
      const facts = readFacts(labels)
      return facts.managed && facts.owner === owner && !isOwnName(name)
    }
    policy.check({ amounts: { networks: (await engine.listNetworks()).filter(isOwn).length + 1 } })
  }

  /** The network of the caller's containers, created with the first of them. */
  async function ensureOwn(caller: Caller): Promise<string> {
    const { name, bridge } = ownNetwork(caller, instanceId)
    const isThere = async () => (await engine.listNetworks()).some((network) => network.bridge === bridge)
    if (await isThere()) return name
    const labels = writeFacts({ managed: true, instance: instanceId, ...ownerOf(caller) })
    await inTurn(async () => {
      if (await isThere()) return
      try {
        await engine.createNetwork({ name, internal: false, labels, bridge })
      } catch (error) {
        // Another server of the same store created it.
        if (!isAppError(error, 'NETWORK_NAME_TAKEN') || !(await isThere())) throw error
      }
    })
    return name
  }

  /** Throws if no container of the caller may join it. */
  async function joinable(caller: Caller, name: string): Promise<NetworkRecord> {
    const network = await find(caller, name)
    if (!network.joinable)
      throw invalidField(
        'network',
        `cannot be "${name}" (${network.driver}): only bridges and attachable overlays of somebody's own can be used`
      )
    checkMayChange(caller, ownerOfNetwork(network), `The network "${name}"`)
    const reason = walls && whyApart(caller, network)
    if (reason !== undefined)
      throw new AppError('POLICY_REFUSED', `network ${reason}`, { fields: [{ field: 'network', message: reason }] })
    return network
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

    /** Networks of this server without containers. */
    idle: async (): Promise<NetworkRecord[]> =>
      (await engine.listNetworks()).filter(
        ({ name, labels }) => readFacts(labels).instance === instanceId && usersOf(name).length === 0
      ),

    /** Containers of Berth that are not isolated, from before owners were. */
    async unwalled(): Promise<ContainerRecord[]> {
      const walled = new Set((await engine.listNetworks()).filter(isWalled).map(({ name }) => name))
      return [...containers()].filter(
        ({ berth, networks }) => berth.managed && networks.some(({ name }) => !walled.has(name))
      )
    },

    /** The network that a container joins, undefined for the engine's default, and whether it has no inbound traffic. */
    async place(
      caller: Caller,
      asked: string | undefined
    ): Promise<{ network: string | undefined; isClosed: boolean }> {
      if (asked === NO_NETWORK) return { network: asked, isClosed: true }
      walls?.check()
      if (asked !== undefined) return { network: asked, isClosed: (await joinable(caller, asked)).internal }
      return { network: walls && (await ensureOwn(caller)), isClosed: false }
    },

    async create(caller: Caller, { name, internal = false, shared }: CreateNetwork): Promise<Network> {
      if (RESERVED_NETWORKS.includes(name)) throw invalidField('name', `cannot be "${name}", which is the engine's own`)
      if (walls && isOwnName(name)) throw invalidField('name', `cannot be "${name}": Berth gives such names itself`)
      walls?.check()
      policy.check({ networks: [name] })
      const owner = { ...ownerOf(caller), ...(shared && { shared }) }
      const labels = writeFacts({ managed: true, instance: instanceId, ...owner })
      return inTurn(async () => {
        await checkCount(caller.tokenId)
        await engine.createNetwork({ name, internal, labels, ...(walls && { bridge: newBridge() }) })
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

/** Names only the containers that the caller may see. */
function namesOf(users: { name: string }[]): string {
  return users.length > 0 ? users.map(({ name }) => name).join(', ') : 'those of others'
}
