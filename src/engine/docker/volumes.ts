// Volumes with a name.

import type { EngineVolumes } from '../contract/volumes.ts'
import type { Calls } from './calls.ts'
import { mapVolume } from './map-volume.ts'
import { readVolume, readVolumes, readVolumesLabelled } from './schemas/volumes.ts'

export function createVolumeCalls({ ask, change, make }: Calls): EngineVolumes {
  async function volumeExists(name: string): Promise<boolean> {
    const found = await ask({
      method: 'GET',
      path: '/volumes',
      query: { filters: { name: [name] } },
      what: 'look for the volume',
      answer: readVolumes
    })
    return (found.Volumes ?? []).some((volume) => volume.Name === name)
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

    volumeExists,

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
        if (await volumeExists(name)) throw error
        return false
      }
    }
  }
}
