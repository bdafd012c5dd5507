// Every removal of a container goes through here, so that all parts know which containers are being removed.

import type { ContainerRecord, EngineContainers } from '../engine/contract/containers.ts'
import { isAppError } from '../errors.ts'
import { sleep } from '../lib/sleep.ts'
import type { Inventory } from '../inventory/inventory.ts'

export type Removal = ReturnType<typeof createRemoval>

const LONGEST_PAUSE_MS = 2_000

export function createRemoval({
  engine,
  inventory
}: {
  engine: Pick<EngineContainers, 'removeContainer'>
  inventory: Pick<Inventory, 'removed'>
}) {
  const underWay = new Map<string, Promise<boolean>>()

  async function removeNow(id: string, volumes: boolean): Promise<boolean> {
    const wasThere = await engine.removeContainer(id, { force: true, volumes })
    inventory.removed(id)
    return wasThere
  }

  /** Removes it even if it runs. `volumes` includes the anonymous ones. False if there was nothing to remove. */
  async function remove(id: string, { volumes }: { volumes: boolean }): Promise<boolean> {
    const removal = removeNow(id, volumes)
    underWay.set(id, removal)
    try {
      return await removal
    } finally {
      if (underWay.get(id) === removal) underWay.delete(id)
    }
  }

  return {
    remove,

    /** No answer returns it, since it is no longer usable. */
    isDying: ({ id, state }: ContainerRecord): boolean => underWay.has(id) || state === 'removing' || state === 'dead',

    /** Returns when it is gone, and removes one whose removal the engine gave up halfway. */
    async finish({ id }: ContainerRecord): Promise<void> {
      await underWay.get(id)?.catch(() => {})
      for (let pause = 25; ; pause *= 2) {
        try {
          await remove(id, { volumes: true })
          return
        } catch (error) {
          if (!isAppError(error, 'CONTAINER_BUSY') || pause > LONGEST_PAUSE_MS) throw error
        }
        await sleep(pause)
      }
    }
  }
}
