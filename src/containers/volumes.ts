// The named volumes of a container that is being made. They outlive it; those of a create that failed do not.

import type { EngineVolumes } from '../engine/contract/volumes.ts'
import { LABELS } from '../engine/labels.ts'
import type { CreateContainer } from './request-schemas.ts'

const ANONYMOUS = /^[0-9a-f]{64}$/

/** Of the container that it replaced. An image may bring the label, too, and name what belongs to others. */
export function inheritedVolumes(labels: Record<string, string>): string[] {
  return (labels[LABELS.anonymousVolumes]?.split(',') ?? []).filter((name) => ANONYMOUS.test(name))
}

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
      const labels = { [LABELS.managed]: 'true', [LABELS.instance]: instanceId, [LABELS.attempt]: attempt }
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
