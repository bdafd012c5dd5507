// Named volumes.

import type { EngineVolumes, VolumeRecord } from '../contract/volumes.ts'
import type { Calls } from './calls.ts'
import { mapVolume } from './map-volume.ts'
import { readVolume, readVolumes, readVolumesLabelled } from './schemas/volumes.ts'

export function createVolumeCalls({ ask, change, make }: Calls): EngineVolumes {
  async function findVolume(name: string): Promise<VolumeRecord | undefined> {
    const found = await ask({
      method: 'GET',
      path: '/volumes',
      query: { filters: { name: [name] } },
      what: 'look for the volume',
      answer: readVolumes
    })
    const volume = (found.Volumes ?? []).find(({ Name }) => Name === name)
    return volume && mapVolume(volume)
  }

  return {
    async createVolume(name, labels) {
      await make({
        method: 'POST',
        path: '/volumes/create',
        body: { Name: name, Labels: labels },
        what: 'create the volume',
        answer: readVolume(name)
      })
    },

    findVolume,

    async listVolumes(filter) {
      const found = await ask({
        method: 'GET',
        path: '/volumes',
        ...(filter && { query: { filters: { label: [filter.label] } } }),
        what: 'list volumes',
        answer: filter ? readVolumesLabelled(filter.label) : readVolumes
      })
      return (found.Volumes ?? []).map(mapVolume)
    },

    async removeVolume(name) {
      try {
        await change({
          method: 'DELETE',
          path: `/volumes/${encodeURIComponent(name)}`,
          what: 'remove the volume'
        })
        return true
      } catch (error) {
        if (await findVolume(name)) throw error
        return false
      }
    }
  }
}
