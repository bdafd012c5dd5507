// Berth's own data, which holds the keys to everything: no policy lets a container mount it.

import type { EngineVolumes, VolumeRecord } from '../engine/contract/volumes.ts'
import { AppError } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'

export type OwnData = ReturnType<typeof createOwnData>

/** Volumes that this process itself has mounted, and the path of its data folder on the machine. */
export type OwnPlaces = { volumes: readonly string[]; dataPath: string | undefined }

export function createOwnData({
  engine,
  inventory,
  ownId,
  places: { volumes, dataPath }
}: {
  engine: Pick<EngineVolumes, 'findVolume'>
  inventory: Pick<Inventory, 'get'>
  /** The container this server runs in, if it does. */
  ownId: string | undefined
  places: OwnPlaces
}) {
  function isOwn(name: string, found: VolumeRecord | undefined): boolean {
    const own = ownId === undefined ? undefined : inventory.get(ownId)
    const mounted = own?.volumes.some(({ source }) => source === name) ?? false
    return mounted || volumes.includes(name) || (found?.paths ?? []).some((path) => overlap(path, dataPath))
  }

  return {
    /** Throws for a volume that is one of Berth's own or leads to its data. */
    async check(name: string): Promise<void> {
      const found = await engine.findVolume(name)
      if (!isOwn(name, found)) return
      const message = `"${name}" leads to the data of Berth itself, which no container may see`
      throw new AppError('POLICY_REFUSED', `volumes ${message}`, { fields: [{ field: 'volumes', message }] })
    }
  }
}

/** Whether one path contains the other. */
function overlap(path: string, other: string | undefined): boolean {
  if (other === undefined) return false
  const [one, two] = [`${path}/`, `${other}/`].map((each) => each.replaceAll(/\/+/g, '/'))
  return one !== undefined && two !== undefined && (one.startsWith(two) || two.startsWith(one))
}
