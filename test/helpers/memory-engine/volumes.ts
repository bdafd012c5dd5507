import type { Engine } from '../../../src/engine/contract/engine.ts'
import { AppError } from '../../../src/errors.ts'
import type { State } from './state.ts'

export function volumeCalls({ state, reach }: { state: State; reach: () => void }) {
  const { containers, volumes } = state

  return {
    async createVolume(name, labels) {
      reach()
      volumes.set(name, labels)
    },

    async volumeExists(name) {
      reach()
      return volumes.has(name)
    },

    async listVolumes({ label }) {
      reach()
      return [...volumes].flatMap(([name, labels]) =>
        Object.entries(labels).some(([key, value]) => `${key}=${value}` === label) ? [name] : []
      )
    },

    async removeVolume(name) {
      reach()
      if ([...containers.values()].some(({ record }) => record.volumes.some(({ source }) => source === name)))
        throw new AppError('ENGINE_FAILED', `The volume ${name} is in use.`)
      return volumes.delete(name)
    }
  } satisfies Partial<Engine>
}
