// Settles an interrupted attempt: finishes or removes its container, and removes its volumes. Each function throws if
// the outcome is unknown.

import type { ContainerRecord, EngineContainers } from '../engine/contract/containers.ts'
import { isAppError } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { finalName } from './replacement-name.ts'
import type { Removal } from './removal.ts'
import type { UndoEnd } from './undo.ts'
import type { Volumes } from './volumes.ts'

export type Settling = ReturnType<typeof createSettling>

export function createSettling({
  engine,
  inventory,
  removal,
  volumes
}: {
  engine: Pick<EngineContainers, 'startContainer' | 'stopContainer' | 'renameContainer'>
  inventory: Pick<Inventory, 'refresh'>
  removal: Removal
  volumes: Pick<Volumes, 'removeOf'>
}) {
  /** With a key, the client will retry, so the container is finished. Without one, no client knows it. */
  async function settleCreate(record: ContainerRecord, attempt: string): Promise<void> {
    const isWanted = record.berth.key !== null && !removal.isDying(record)
    if (!isWanted) await removeWithVolumes(record, attempt)
    else if (record.state === 'created' && record.berth.start) await finish(record, attempt)
  }

  async function finish(record: ContainerRecord, attempt: string): Promise<void> {
    try {
      await engine.startContainer(record.id)
      await inventory.refresh(record.id)
    } catch (error) {
      if (!isAppError(error, 'PORT_UNAVAILABLE', 'CONTAINER_START_FAILED', 'CONTAINER_STUCK')) throw error
      await removeWithVolumes(record, attempt)
    }
  }

  async function removeWithVolumes(record: ContainerRecord, attempt: string): Promise<void> {
    await removal.remove(record.id, { volumes: true })
    await volumes.removeOf(attempt)
  }

  /**
   * While the old container exists, it is the intact one; afterwards the replacement is, and only lacks its name. Once
   * its removal was requested, the old one may disappear at any moment, so the replacement counts.
   */
  async function settleReplacement(record: ContainerRecord, oldId: string, isFinal: boolean): Promise<void> {
    if (isFinal) await removal.remove(oldId, { volumes: false })
    else if (await inventory.refresh(oldId)) {
      // Its mark is removed last, so that the remaining work stays known. The volumes belong to the old container.
      if (record.berth.resumesOld) {
        await engine.stopContainer(record.id, 0)
        await startAgain(engine, oldId)
      }
      await removal.remove(record.id, { volumes: false })
      return
    }
    const name = finalName(record.name)
    if (name === undefined) return
    await engine.renameContainer(record.id, name)
    await inventory.refresh(record.id)
  }

  return {
    async withContainer(record: ContainerRecord, attempt: string, { isFinal }: { isFinal: boolean }): Promise<void> {
      const [oldId] = record.berth.replaces
      await (oldId ? settleReplacement(record, oldId, isFinal) : settleCreate(record, attempt))
    },

    /** It got no further than its volumes, or the engine hung and may still create the container. */
    async withoutContainer(attempt: string): Promise<void> {
      await volumes.removeOf(attempt)
    }
  }
}

/**
 * Starts the container that was stopped for a replacement. If its port was taken, it stays stopped; its next start gets
 * another port.
 */
export async function startAgain(engine: Pick<EngineContainers, 'startContainer'>, id: string): Promise<UndoEnd> {
  try {
    await engine.startContainer(id)
    return 'undone'
  } catch (error) {
    if (!isAppError(error, 'PORT_UNAVAILABLE')) throw error
    return 'not needed'
  }
}
