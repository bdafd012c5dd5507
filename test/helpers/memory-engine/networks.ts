import type { Engine } from '../../../src/engine/contract/engine.ts'
import { AppError } from '../../../src/errors.ts'
import type { Emit } from './events.ts'
import { network as networkRecord, type State } from './state.ts'

export function networkCalls({ state, reach, emit }: { state: State; reach: () => void; emit: Emit }) {
  const { networks, containers } = state

  return {
    async listNetworks() {
      reach()
      return [...networks.values()]
    },

    async createNetwork({ name, internal, labels, bridge = null }) {
      reach()
      if (networks.has(name)) throw new AppError('NETWORK_NAME_TAKEN', `network with name ${name} already exists`)
      const network = networkRecord(name, { internal, labels, bridge, joinable: true })
      networks.set(name, network)
      emit('create', network.id, 'network', { name })
      return network.id
    },

    async removeNetwork(id) {
      reach()
      const found = [...networks.values()].find((network) => network.id === id)
      if (!found) return false
      const isUsed = [...containers.values()].some(
        ({ record }) => record.state === 'running' && record.networks.some(({ name }) => name === found.name)
      )
      if (isUsed) throw new AppError('NETWORK_IN_USE', `network ${found.name} has active endpoints`)
      networks.delete(found.name)
      emit('destroy', id, 'network', { name: found.name })
      return true
    }
  } satisfies Partial<Engine>
}
