import type { Engine } from '../../../src/engine/contract/engine.ts'
import type { VolumeRecord } from '../../../src/engine/contract/volumes.ts'
import { AppError } from '../../../src/errors.ts'
import { START, type State } from './state.ts'

const recordOf = (name: string, labels: Record<string, string>): VolumeRecord => ({
  name,
  driver: 'local',
  createdAt: START,
  labels,
  paths: [`/var/lib/docker/volumes/${name}/_data`]
})

export function volumeCalls({ state, reach }: { state: State; reach: () => void }) {
  const { containers, volumes } = state

  return {
    async createVolume(name, labels) {
      reach()
      if (!volumes.has(name)) volumes.set(name, labels)
    },

    async findVolume(name) {
      reach()
      const labels = volumes.get(name)
      return labels && recordOf(name, labels)
    },

    async listVolumes(filter) {
      reach()
      return [...volumes]
        .filter(
          ([, labels]) => !filter || Object.entries(labels).some(([key, value]) => `${key}=${value}` === filter.label)
        )
        .map(([name, labels]) => recordOf(name, labels))
    },

    async removeVolume(name) {
      reach()
      if ([...containers.values()].some(({ record }) => record.volumes.some(({ source }) => source === name)))
        throw new AppError('VOLUME_IN_USE', `The volume ${name} is in use.`)
      return volumes.delete(name)
    }
  } satisfies Partial<Engine>
}
