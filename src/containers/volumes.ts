// The named volumes of a new container. They outlive it, except after a failed create.

import type { Caller } from '../access/caller.ts'
import { ownerOf, type Owner } from '../access/ownership.ts'
import type { EngineVolumes } from '../engine/contract/volumes.ts'
import { labelFilter, writeFacts } from '../engine/labels.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { CreateContainer } from './create-schema.ts'
import type { OwnData } from './own-data.ts'
import type { Undo, UndoEnd } from './undo.ts'

export type Volumes = ReturnType<typeof createVolumes>

/** Identifies the volumes of an attempt, whether Berth created them or the engine did with the container. */
export function volumeLabels(instanceId: string, attempt: string, owner: Owner): Record<string, string> {
  return writeFacts({ managed: true, instance: instanceId, attempt, ...owner })
}

type Options = {
  engine: Pick<EngineVolumes, 'removeVolume' | 'listVolumes'>
  ensureVolume: (caller: Caller, name: string, labels: Record<string, string>) => Promise<void>
  inventory: Pick<Inventory, 'all'>
  ownData: OwnData
  instanceId: string
}

export function createVolumes({ engine, ensureVolume, inventory, ownData, instanceId }: Options) {
  function isUsed(name: string): boolean {
    for (const { volumes } of inventory.all()) if (volumes.some(({ source }) => source === name)) return true
    return false
  }

  async function remove(name: string): Promise<UndoEnd> {
    try {
      return (await engine.removeVolume(name)) ? 'undone' : 'not needed'
    } catch (error) {
      if (isUsed(name)) return 'not needed'
      throw error
    }
  }

  /** Removes the volumes of the attempt, unless others use them. The label identifies them, even after a crash. */
  async function removeOf(attempt: string): Promise<UndoEnd> {
    const made = await engine.listVolumes({ label: labelFilter('attempt', attempt) })
    const ends = await Promise.allSettled(made.map(({ name }) => remove(name)))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    return ends.length > 0 ? 'undone' : 'not needed'
  }

  return {
    removeOf,

    /** Makes those that do not exist yet. */
    async make(
      caller: Caller,
      { volumes = [], shared = false }: CreateContainer,
      attempt: string,
      undo: Undo
    ): Promise<void> {
      if (volumes.length === 0) return
      undo.add('remove the volumes that were made', () => removeOf(attempt))
      const labels = volumeLabels(instanceId, attempt, { ...ownerOf(caller), shared })
      for (const { source } of volumes) {
        await ownData.check(source)
        await ensureVolume(caller, source, labels)
      }
    }
  }
}
