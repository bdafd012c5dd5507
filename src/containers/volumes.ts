// The named volumes of a container that is being made. They outlive it; those of a create that failed do not.

import type { EngineVolumes } from '../engine/contract/volumes.ts'
import { writeFacts } from '../engine/labels.ts'
import type { CreateContainer } from './request-schemas.ts'

type Options = {
  engine: Pick<EngineVolumes, 'volumeExists' | 'createVolume' | 'removeVolume'>
  instanceId: string
}

export function createVolumes({ engine, instanceId }: Options) {
  async function remove(names: string[]): Promise<void> {
    for (const name of names) await engine.removeVolume(name).catch(() => false)
  }

  return {
    /** Makes those that do not exist yet; returns them. The attempt is a label, so that they are found after a crash. */
    async make({ volumes = [] }: CreateContainer, attempt: string): Promise<string[]> {
      const labels = writeFacts({ managed: true, instance: instanceId, attempt })
      const made: string[] = []
      try {
        for (const { source } of volumes) {
          if (await engine.volumeExists(source)) continue
          await engine.createVolume(source, labels)
          made.push(source)
        }
      } catch (error) {
        await remove(made)
        throw error
      }
      return made
    },

    remove
  }
}
