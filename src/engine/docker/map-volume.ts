// A volume in Docker's JSON, in our words. Pure.

import type { VolumeRecord } from '../contract/volumes.ts'
import type { RawVolume } from './schemas/volumes.ts'

export function mapVolume(raw: RawVolume): VolumeRecord {
  return {
    name: raw.Name,
    driver: raw.Driver ?? '',
    createdAt: raw.CreatedAt ?? null,
    labels: raw.Labels ?? {},
    paths: [raw.Mountpoint, raw.Options?.device].filter((path) => path?.startsWith('/') === true) as string[]
  }
}
