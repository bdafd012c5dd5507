import type { Engine } from '../../../src/engine/contract/engine.ts'
import { AppError } from '../../../src/errors.ts'
import { START, type State } from './state.ts'

export function volumeCalls({ state, reach }: { state: State; reach: () => void }) {
  const { containers, volumes } = state

  return {
    async createVolume(name, labels) {
      reach()
      if (!volumes.has(name)) volumes.set(name, labels)
    },

    async volumeExists(name) {
      reach()
      return volumes.has(name)
    },

    async listVolumes(filter) {
      reach()
      return [...volumes]
        .filter(
          ([, labels]) => !filter || Object.entries(labels).some(([key, value]) => `${key}=${value}` === filter.label)
        )
        .map(([name, labels]) => ({ name, driver: 'local', createdAt: START, labels }))
    },

    async removeVolume(name) {
      reach()
      if ([...containers.values()].some(({ record }) => record.volumes.some(({ source }) => source === name)))
        throw new AppError('VOLUME_IN_USE', `The volume ${name} is in use.`)
      return volumes.delete(name)
    }
  } satisfies Partial<Engine>
}
