// Volumes with a name.

import type { EngineVolumes } from '../contract/volumes.ts'
import type { Calls } from './calls.ts'

export function createVolumeCalls({ ask, change, make }: Calls): EngineVolumes {
  async function volumeExists(name: string): Promise<boolean> {
    const found = await ask<{ Volumes: { Name: string }[] | null }>({
      method: 'GET',
      path: '/volumes',
      query: { filters: { name: [name] } },
      what: 'look for the volume'
    })
    return (found.Volumes ?? []).some((volume) => volume.Name === name)
  }

  return {
    async createVolume(name, labels) {
      await make<unknown>({
        method: 'POST',
        path: '/volumes/create',
        body: { Name: name, Labels: labels },
        what: 'create the volume'
      })
    },

    volumeExists,

    async listVolumes({ label }) {
      const found = await ask<{ Volumes: { Name: string }[] | null }>({
        method: 'GET',
        path: '/volumes',
        query: { filters: { label: [label] } },
        what: 'list volumes'
      })
      return (found.Volumes ?? []).map(({ Name: name }) => name)
    },

    async removeVolume(name) {
      try {
        await change<void>({
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
